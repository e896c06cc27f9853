import { HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { NamedVariable } from "../optimizer/named-variables.ts";
import { checkMetricName } from "./metric-average.ts";
import type { LossContext, LossParts, TrainOptions } from "./train-options.ts";

type Loss<Batch> = TrainOptions<Batch>["loss"];

/** The loss and metrics of one batch as numbers, and the batch's weight in averages. */
export interface BatchMetrics {
	/** `loss` first. */
	readonly metrics: Record<string, number>;
	readonly weight: number;
}

/** {@link BatchMetrics}, and a gradient for each variable that the loss depends on. */
export interface BatchGradients extends BatchMetrics {
	/** In the order of the variables, `null` where the loss does not depend on one. */
	readonly gradients: readonly (tf.Tensor | null)[];
}

function partsOf(result: tf.Scalar | LossParts): LossParts {
	const parts = result instanceof tf.Tensor ? { loss: result } : result;
	for (const name of Object.keys(parts.metrics ?? {})) {
		checkMetricName(name, "the loss function");
		if (name === "loss") {
			const message = "the loss function gave a metric 'loss' beside its `loss`. Rename the metric.";
			throw new HeedError("OPTION", "train", message);
		}
	}
	const scalars = { loss: parts.loss, ...parts.metrics };
	for (const [name, value] of Object.entries(scalars)) {
		if (value instanceof tf.Tensor && value.rank === 0) continue;
		const came = value instanceof tf.Tensor ? `a tensor [${value.shape.join(", ")}]` : typeof value;
		throw new HeedError(
			"SHAPE",
			"train",
			`the loss function gave ${came} as \`${name}\`; expected a scalar.`,
		);
	}
	return parts;
}

async function readScalars(scalars: Readonly<Record<string, tf.Tensor>>): Promise<Record<string, number>> {
	const entries = Object.entries(scalars).map(
		async ([name, scalar]) => [name, (await scalar.data())[0] ?? Number.NaN] as const,
	);
	return Object.fromEntries(await Promise.all(entries));
}

/** Computes the loss of a batch without gradients. */
export async function lossOfBatch<Batch>(
	loss: Loss<Batch>,
	batch: Batch,
	examples: number,
	context: LossContext,
): Promise<BatchMetrics> {
	let weight = examples;
	const scalars = tf.tidy(() => {
		const parts = partsOf(loss(batch, context));
		weight = parts.weight ?? examples;
		return { loss: parts.loss, ...parts.metrics };
	});
	try {
		return { metrics: await readScalars(scalars), weight };
	} finally {
		tf.dispose(scalars);
	}
}

/** Gives back what the host saved for gradients that will not be computed, which it forgets when a loss throws. */
function disposeOfTape(): void {
	const { state } = tf.engine();
	if (state.gradientDepth > 0 || !Array.isArray(state.activeTape)) return;
	for (const { saved } of state.activeTape) tf.dispose(saved);
	state.activeTape = [];
}

/** Computes the loss of a batch and its gradients, which the caller disposes of. */
export async function gradientsOfBatch<Batch>(
	loss: Loss<Batch>,
	batch: Batch,
	examples: number,
	context: LossContext,
	variables: readonly NamedVariable[],
): Promise<BatchGradients> {
	let weight = examples;
	let metrics: Readonly<Record<string, tf.Scalar>> = {};
	const gradientsInTidy = () => {
		const { value, grads } = tf.variableGrads(
			() => {
				const parts = partsOf(loss(batch, context));
				weight = parts.weight ?? examples;
				metrics = parts.metrics ?? {};
				for (const metric of Object.values(metrics)) tf.keep(metric);
				return parts.loss;
			},
			variables.map(({ variable }) => variable),
		);
		return { scalars: { loss: value, ...metrics }, slopes: grads };
	};
	let result: ReturnType<typeof gradientsInTidy>;
	try {
		result = tf.tidy(gradientsInTidy);
	} catch (error) {
		tf.dispose(metrics); // they were kept beyond the tidy
		disposeOfTape();
		throw error;
	}
	const { scalars, slopes } = result;
	try {
		const gradients = variables.map(({ variable }) => slopes[variable.name] ?? null);
		return { metrics: await readScalars(scalars), weight, gradients };
	} catch (error) {
		tf.dispose(slopes);
		throw error;
	} finally {
		tf.dispose(scalars);
	}
}
