import type { DataForm } from "../data/read-data.ts";
import type { ModelSettings } from "../settings.ts";
import { glimpseModel, glimpseRecognizer } from "./glimpse-network.ts";
import type { Recognizer } from "./recognizer.ts";
import { transformerNetwork } from "./transformer-network.ts";

/** Makes the network that the settings describe, with fresh weights. */
export function makeRecognizer(settings: ModelSettings, form: DataForm): Recognizer {
	return settings.task === "transformer"
		? transformerNetwork(settings, form)
		: glimpseRecognizer(glimpseModel(settings), settings);
}
