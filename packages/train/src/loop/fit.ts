import { checkOptions, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { type SupervisedBatch, tensorBatches } from "../batch/tensor-batches.ts";
import { loopOptionNames, train } from "./train.ts";
import type { LoopOptions, LossContext, LossParts, TrainingResult } from "./train-options.ts";

/** A weight of a model, as tf.layers has it. */
export interface ModelWeight {
	/** Its name before the host made it unique in the process. */
	readonly originalName: string;
	read(): tf.Tensor;
}

/** What is needed of a `tf.LayersModel` or `tf.Sequential`, so that this package does not need theirs. */
export interface TrainableModel {
	readonly trainableWeights: readonly ModelWeight[];
	readonly nonTrainableWeights: readonly ModelWeight[];
	apply(inputs: tf.Tensor | tf.Tensor[], kwargs?: Record<string, unknown>): unknown;
	/** The penalties of regularizers. */
	calculateLosses?(): tf.Scalar[];
}

/** Compares one target with one output of a model, for instance `tf.losses.softmaxCrossEntropy`. */
export type Comparison = (target: tf.Tensor, output: tf.Tensor) => tf.Tensor;

/** How the outputs of a model are judged. A model of several outputs adds up what each comes to. */
export interface ModelObjective {
	/** What is minimised; its mean over the batch is taken when it is no scalar. */
	readonly loss: Comparison;
	/** Other numbers to be averaged, for instance `accuracy`. */
	readonly metrics?: Readonly<Record<string, Comparison>>;
}

/** What {@link train} needs to know about a model. */
export interface ModelTask {
	readonly variables: Map<string, tf.Variable>;
	readonly untrained: Map<string, tf.Variable>;
	readonly loss: (batch: SupervisedBatch, context: LossContext) => LossParts;
}

/** The options of {@link fit}. */
export interface FitOptions extends LoopOptions, ModelObjective, SupervisedBatch {
	/** Examples per batch. Default 32. */
	readonly batchSize?: number;
	/** Inputs and targets that are not trained on, for a validation after every epoch. */
	readonly validation?: SupervisedBatch;
}

/**
 * Trains a model of tf.layers on tensors, with the loop of {@link train} in place of the host's `model.fit`, which can
 * neither be resumed nor repeated (it shuffles by `Math.random`).
 *
 * Weights go by the names of their layers, so name the layers of a model that is to be resumed: the host numbers the
 * others in the order in which the process made them.
 */
export async function fit(model: TrainableModel, options: FitOptions): Promise<TrainingResult> {
	checkOptions("fit", options, [
		...loopOptionNames,
		...["loss", "metrics", "inputs", "targets", "batchSize", "validation"],
	]);
	const { inputs, targets, batchSize = 32, validation, loss, metrics = {}, ...loop } = options;
	return train({
		...loop,
		...modelTask(model, { loss, metrics }),
		data: tensorBatches({ inputs, targets, batchSize }),
		...(validation && { validation: tensorBatches({ ...validation, batchSize, shuffle: false }) }),
	});
}

/** The variables of a model and its loss, for a {@link train} with batches from elsewhere. */
export function modelTask(model: TrainableModel, objective: ModelObjective): ModelTask {
	const variables = variablesOf(model.trainableWeights);
	const untrained = variablesOf(model.nonTrainableWeights);
	checkNames([...variables, ...untrained]);
	return {
		variables: new Map(variables),
		untrained: new Map(untrained),
		loss: (batch, { training }) => {
			const inputs = list(batch.inputs);
			const targets = list(batch.targets);
			const outputs = list(
				model.apply(inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs, { training }) as
					| tf.Tensor
					| tf.Tensor[],
			);
			const total = (compare: Comparison): tf.Scalar =>
				tf.addN(targets.map((target, i) => tf.mean(compare(target, outputs[i] as tf.Tensor))));
			const penalties = training ? (model.calculateLosses?.() ?? []) : [];
			return {
				loss: tf.addN([total(objective.loss), ...penalties]),
				metrics: Object.fromEntries(
					Object.entries(objective.metrics ?? {}).map(([name, compare]) => [name, total(compare)]),
				),
			};
		},
	};
}

/** The variables by name, each once: a layer that is shared may be listed twice. */
function variablesOf(weights: readonly ModelWeight[]): [string, tf.Variable][] {
	// What `read` gives is the variable itself, under a plainer type.
	const all = weights.map((weight): [string, tf.Variable] => [
		weight.originalName,
		weight.read() as tf.Variable,
	]);
	return all.filter(([, variable], i) => all.findIndex((other) => other[1] === variable) === i);
}

/** Two weights of one name could be told apart neither in a checkpoint nor in the training itself. */
function checkNames(weights: readonly (readonly [string, tf.Variable])[]): void {
	const names = weights.map(([name]) => name);
	const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i));
	if (twice.size === 0) return;
	throw new HeedError(
		"VALUE",
		"modelTask",
		`several weights of the model are named ${[...twice].join(", ")}; expected each name once. Give the layers ` +
			"different names, also across models within the model.",
	);
}

function list(tensors: tf.Tensor | readonly tf.Tensor[]): tf.Tensor[] {
	return tensors instanceof tf.Tensor ? [tensors] : [...tensors];
}
