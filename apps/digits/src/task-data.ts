import type { LabelledImages } from "@heed/command-line/digits";
import { judgingPictures, type Making, type Pictures } from "./data/picture-batches.ts";
import { type DataForm, type DigitSets, formOf, thin } from "./data/read-data.ts";
import type { ModelSettings } from "./settings.ts";

/** What a training needs. */
export interface TaskData {
	readonly form: DataForm;
	/** What is done to the digits before they are shown. */
	readonly making: Making;
	/** What the weights are fitted to: distorted anew in every epoch. */
	readonly train: LabelledImages;
	/** What decides which epoch to keep. */
	readonly validation: Pictures;
	/** What is judged by, once, at the end. */
	readonly heldOut: Pictures;
}

/**
 * Makes the pictures of a task. They are a function of the settings and the digits alone, so a training that goes on sees what
 * it saw before.
 *
 * @throws UserError for a distortion or size that does not go with the digits.
 */
export function taskData(settings: ModelSettings, digits: DigitSets): TaskData {
	const { distortion, size, limit } = settings;
	const form = formOf(digits, distortion, size);
	const making = { distortion, form };
	return {
		...{ form, making },
		train: thin(digits.train, limit),
		validation: judgingPictures(digits.validation, making),
		heldOut: judgingPictures(digits.test, making),
	};
}
