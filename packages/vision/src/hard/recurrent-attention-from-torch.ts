import { checkNumber, checkOptions, checkRank, HeedError } from "@heed/core";
import { assignWeights, type TorchState, type WeightValues } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { RecurrentAttentionConfig } from "./recurrent-attention-config.ts";
import { RecurrentAttentionModel } from "./recurrent-attention-model.ts";

/** What {@link recurrentAttentionFromTorch} accepts: what the weights do not tell. */
export interface RecurrentAttentionFromTorchOptions {
	/** Default 1. */
	readonly channels?: number | undefined;
	/** Default 1. */
	readonly numScales?: number | undefined;
	/** How many times wider each patch looks than the one before. Default 2. */
	readonly scale?: number | undefined;
	/** Default 6. */
	readonly glimpses?: number | undefined;
	/** Standard deviation of the places that are drawn. Default 0.05. */
	readonly std?: number | undefined;
	/** Default `centre`. */
	readonly start?: "centre" | "random" | undefined;
}

/** Their names and ours of layers that both have. */
const layerNames = {
	"sensor.fc1": "glimpse/what",
	"sensor.fc2": "glimpse/where",
	"sensor.fc3": "glimpse/fromWhat",
	"sensor.fc4": "glimpse/fromWhere",
	"rnn.i2h": "core/input",
	"rnn.h2h": "core/recurrent",
	"classifier.fc": "classifier",
	"baseliner.fc": "baseline",
} as const;

/**
 * A {@link RecurrentAttentionModel} from the weights of kevinzakka/recurrent-visual-attention, `model_state` of a checkpoint:
 * `sensor.fc1.weight`, `rnn.i2h.weight`, `locator.fc.weight` and so on, with the hidden layer that its locator has since 2020 or
 * without. Images are normalised before, as there; what lies beyond the edges is 0 after that.
 *
 * @param state float32; the caller goes on owning them.
 * @throws HeedError `OPTION`; `VALUE` for missing and unknown weights; `SHAPE`. Nothing stays behind then.
 */
export function recurrentAttentionFromTorch(
	state: TorchState,
	options: RecurrentAttentionFromTorchOptions = {},
): RecurrentAttentionModel {
	checkOptions(where, options, ["channels", "numScales", "scale", "glimpses", "std", "start"]);
	const { channels = 1, numScales = 1, scale, glimpses, std, start } = options;
	for (const [name, size] of Object.entries({ channels, numScales })) {
		checkNumber(where, name, size, { integer: true, min: 1 });
	}
	const isDeep = state["locator.fc_lt.weight"] !== undefined;
	const layers: Record<string, string> = {
		...layerNames,
		...(isDeep
			? { "locator.fc": "locator/hidden", "locator.fc_lt": "locator/mean" }
			: { "locator.fc": "locator/mean" }),
	};
	checkNames(state, Object.keys(layers));
	const size = (layer: string, axis: 0 | 1): number => state[`${layer}.weight`]?.shape[axis] ?? 0;
	const pixels = size("sensor.fc1", 1);
	const patchSize = Math.sqrt(pixels / (channels * numScales));
	if (!Number.isInteger(patchSize)) {
		const message = `\`sensor.fc1.weight\` reads ${pixels} pixels; expected ${numScales} · ${channels} squares. Give the right \`numScales\` and \`channels\`.`;
		throw new HeedError("SHAPE", where, message);
	}
	const config: RecurrentAttentionConfig = {
		...{ classes: size("classifier.fc", 0), channels, glimpses, units: size("rnn.h2h", 0), start },
		glimpse: {
			...{ patchSize, numScales, scale, units: size("sensor.fc3", 0) },
			...{ glimpseUnits: size("sensor.fc1", 0), locationUnits: size("sensor.fc2", 0) },
		},
		policy: { std, ...(isDeep && { hiddenUnits: size("locator.fc", 0) }) },
	};
	const model = new RecurrentAttentionModel(config);
	try {
		tf.tidy(() => {
			const values: WeightValues = {};
			for (const [theirs, ours] of Object.entries(layers)) {
				const kernel = tf.transpose(state[`${theirs}.weight`] as tf.Tensor2D); // [in, out]
				const isFirst = theirs === "sensor.fc1";
				values[`${ours}/kernel`] = isFirst ? channelsLast(kernel, numScales * channels, patchSize) : kernel;
				values[`${ours}/bias`] = state[`${theirs}.bias`] as tf.Tensor;
			}
			assignWeights(model.weights, values, where);
		});
		return model;
	} catch (error) {
		model.dispose();
		throw error;
	}
}

const where = "recurrentAttentionFromTorch";

/** Rows of (scale · channel, row, column) as rows of (row, column, scale · channel). */
function channelsLast(kernel: tf.Tensor2D, planes: number, patchSize: number): tf.Tensor2D {
	const [rows, units] = kernel.shape;
	const apart = tf.reshape(kernel, [planes, patchSize * patchSize, units]);
	return tf.reshape(tf.transpose(apart, [1, 0, 2]), [rows, units]);
}

function checkNames(state: TorchState, layers: readonly string[]): void {
	const wanted = layers.flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]);
	const missing = wanted.filter((name) => state[name] === undefined);
	const unknown = Object.keys(state).filter((name) => !wanted.includes(name));
	const quote = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
	const parts = [
		...(missing.length > 0 ? [`the state lacks ${quote(missing)}`] : []),
		...(unknown.length > 0 ? [`nobody reads ${quote(unknown)}`] : []),
	];
	if (parts.length > 0) throw new HeedError("VALUE", where, `${parts.join("; ")}. Is this the right model?`);
	for (const name of wanted) {
		const axes = name.endsWith(".weight") ? ["out", "in"] : ["out"];
		checkRank(where, name, state[name] as tf.Tensor, axes);
	}
}
