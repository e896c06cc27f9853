import { countWeights, type OpenTraining, type Trained, trainAndKeep } from "@heed/command-line";
import { judgingBatches, trainingBatches } from "./data/picture-batches.ts";
import type { DataForm } from "./data/read-data.ts";
import type { Recognizer } from "./networks/recognizer.ts";
import type { ModelSettings, Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";

/** Trains a network, and leaves it with the weights of the epoch that reads the validation pictures best. */
export function trainModel(
	training: OpenTraining<ModelSettings, DataForm>,
	network: Recognizer,
	{ train, validation, heldOut, making, form }: TaskData,
	settings: Settings,
): Promise<Trained> {
	const { batchSize, locatorRate } = settings.model;
	const slow = new Set(
		[...network.weights].flatMap(([name, variable]) => (name.startsWith("locator/") ? [variable] : [])),
	);
	return trainAndKeep(training, {
		...{ model: network, settings, codec: form, validation: judgingBatches(validation, batchSize) },
		announce:
			`${train.count} digits to learn from, ${validation.count} to decide when to stop, ${heldOut.count} held out; ` +
			`pictures of ${form.height} × ${form.width}; ${countWeights(network)} weights.`,
		learnsFrom: [train, validation],
		data: trainingBatches(train, making, batchSize),
		clipNorm: 5,
		rateFactor: (variable) => (slow.has(variable) ? locatorRate : 1),
		highest: "valAccuracy",
		loss: (batch, context) => network.loss(batch, context),
	});
}
