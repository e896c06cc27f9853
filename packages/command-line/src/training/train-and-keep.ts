import {
	Adam,
	type AdamOptions,
	exponentialDecay,
	type TrainingObserver,
	type TrainOptions,
	train,
} from "@heed/train";
import { type LossCurve, readLossCurve } from "@heed/train/node";
import { countWeights, type Variables } from "../files/load-weights.ts";
import { beginFolder } from "../files/output-folder.ts";
import { InterruptedError } from "../program/errors.ts";
import { adviseOnInterrupt } from "../program/interruption.ts";
import type { AllSettings } from "../settings/settings.ts";
import { say } from "../terminal/print.ts";
import { digestOf } from "./digest-of.ts";
import { trainingObservers } from "./observers.ts";
import type { OpenTraining } from "./open-training.ts";

/** The settings of a model that say how it learns. */
interface ModelCourse {
	readonly learningRate: number;
	/** What the learning rate is multiplied by in the course of each epoch. */
	readonly decay: number;
	readonly seed: number;
}

/** The settings of a run that say when it ends. */
interface RunCourse {
	readonly epochs: number;
	/** Epochs without improvement after which training stops. */
	readonly patience: number;
}

/** How a model learns, and what of. */
export interface Course<Model extends ModelCourse, Codec, Batch>
	extends Pick<TrainOptions<Batch>, "untrained" | "loss" | "data" | "evaluate"> {
	/** What is kept in the file of the model. */
	readonly model: { readonly weights: Variables };
	/** See {@link AdamOptions}. */
	readonly rateFactor?: AdamOptions["rateFactor"];
	/** What is fitted. Default: all weights. */
	readonly variables?: TrainOptions<Batch>["variables"];
	readonly settings: AllSettings<Model, RunCourse>;
	readonly codec: Codec;
	/** All that is learned from, and what decides which epoch to keep: by a hash of it a training knows its data again. */
	readonly learnsFrom: unknown;
	/** What is said when it begins: how much there is to learn from. */
	readonly announce: string;
	readonly validation: NonNullable<TrainOptions<Batch>["validation"]>;
	readonly clipNorm: number;
	/**
	 * So many first epochs learn something else than what is judged: Adam and its learning rate begin anew after them, and no patience is
	 * shorter. Default 0.
	 */
	readonly preparingEpochs?: number;
	/** The metric that is highest in the epoch to keep. Default: that of the least `valLoss`. */
	readonly highest?: string;
}

/** A training that has ended. */
export interface Trained {
	/** Numbers that were fitted or are kept. */
	readonly weights: number;
	readonly epochs: number;
	/** The epoch whose weights the model has. */
	readonly bestEpoch: number;
	readonly curve: LossCurve;
	/** Weights, epochs and minutes, for a report. */
	facts(): (readonly [name: string, value: string | number])[];
}

/**
 * Trains a model with Adam, with a checkpoint after every epoch and on Ctrl-C, leaves it with the weights of the best epoch, and
 * writes its file when it has ended. A training that begins removes what an older one has left in its folder.
 *
 * The learning rate falls by the same factor in every epoch, whatever number of epochs is planned, so that training
 * longer is the same as having planned longer.
 *
 * @throws InterruptedError when the user stops it, with the command that goes on; UserError when it would go on with other
 *   data, or the folder cannot be written.
 */
export async function trainAndKeep<Model extends ModelCourse, Codec, Batch>(
	{ store, folder, stored, minutes, again }: OpenTraining<Model, Codec>,
	course: Course<Model, Codec, Batch>,
): Promise<Trained> {
	const { model, settings, codec, learnsFrom, announce, highest, data, rateFactor, ...others } = course;
	const { preparingEpochs = 0, ...rest } = others;
	const { learningRate, decay, seed } = settings.model;
	const { epochs, patience } = settings.run;
	const digest = digestOf(learnsFrom);
	if (stored !== undefined) store.checkSameData(stored, codec, digest);
	await beginFolder(folder, { goesOn: stored !== undefined });
	say(announce);
	const goOn = `Go on with: ${again(settings.model)}`;
	adviseOnInterrupt(goOn);
	const optimizer = new Adam({ learningRate, ...(rateFactor && { rateFactor }) });
	const prepared = preparingEpochs * data.batches;
	const rate = exponentialDecay({ rate: learningRate, factor: decay, every: data.batches });
	// Adam counts its updates for all weights together: those that had none so far would first go several times too far.
	const afresh: TrainingObserver = {
		onEpoch({ epoch }) {
			if (epoch !== preparingEpochs) return;
			optimizer.restoreState({ kind: Adam.className, iterations: 0, tensors: new Map() }, []);
		},
	};
	const { observers, note } = trainingObservers(folder, data.batches);
	const config = store.checkpointConfig(settings, codec, stored === undefined ? digest : stored.digest);
	const { history, reason, best } = await train({
		variables: model.weights,
		...rest,
		optimizer,
		data,
		epochs,
		seed,
		learningRate: (step) => rate(step < prepared ? step : step - prepared),
		earlyStopping: {
			patience: Math.max(patience, preparingEpochs),
			...(highest !== undefined && { monitor: highest, mode: "max" as const }),
		},
		observers: [afresh, ...observers], // a checkpoint has what is begun anew
		config,
		resume: stored && { ...stored.state, config },
	}).finally(() => optimizer.dispose());
	if (note.interrupted || reason === "interrupted") throw new InterruptedError(`interrupted. ${goOn}`);
	await store.writeModel(folder.path, settings.model, codec, model.weights);
	const weights = countWeights(model);
	const bestEpoch = best?.epoch ?? history.length;
	return {
		weights,
		epochs: history.length,
		bestEpoch,
		curve: await readLossCurve(folder.metrics),
		facts: () => [
			["weights", weights],
			["epochs", `${history.length}, best ${bestEpoch}`],
			["minutes of the processor, this run", minutes().toFixed(1)],
		],
	};
}
