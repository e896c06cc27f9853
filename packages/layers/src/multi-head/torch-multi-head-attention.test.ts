import {
	describeOnEveryBackend,
	expectClose,
	fixtureTensor,
	fixtureValues,
	type TorchCase,
	torchCases,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { multiHeadFromTorch } from "../import/from-torch.ts";
import { assignWeights } from "../parameters/assign-weights.ts";
import { namedWeights } from "../parameters/named-weights.ts";
import { Parameters } from "../parameters/parameters.ts";
import { rank4Mask } from "./attention-mask.ts";
import { multiHeadAttention } from "./multi-head-attention.ts";
import { MultiHeadBlock } from "./multi-head-block.ts";

const all = ["mha_self", "mha_cross"].flatMap((group) => torchCases(group));
/** PyTorch adds a float mask to the scores; the layer takes masks of type bool, true = attend, only. */
const hasFiniteBias = (entry: TorchCase): boolean =>
	entry.inputs.attn_mask?.dtype.startsWith("float") === true &&
	entry.inputs.attn_mask.data.some((x) => x !== 0 && x !== "-Infinity");
const cases = all.filter((entry) => !hasFiniteBias(entry));

const tensor = (fixtures: Record<string, { shape: number[] }> | undefined, name: string): tf.Tensor =>
	fixtureTensor(fixtures?.[name] as never);

/** The weights of a fixture by PyTorch's names. */
const stateOf = ({ weights = {} }: TorchCase): Record<string, tf.Tensor> =>
	Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, fixtureTensor(weight)]));

/** PyTorch masks say true = ignore, or -Infinity = ignore; ours says true = attend, `[B, Tq, Tk]`. */
function maskOf({ inputs }: TorchCase, batch: number): tf.Tensor | undefined {
	const parts: tf.Tensor[] = [];
	if (inputs.attn_mask !== undefined) {
		const given = fixtureTensor(inputs.attn_mask);
		const attend = given.dtype === "bool" ? tf.logicalNot(given) : tf.greater(given, -1);
		parts.push(tf.tile(tf.expandDims(attend, 0), [batch, 1, 1]));
	}
	if (inputs.key_padding_mask !== undefined) {
		parts.push(tf.expandDims(tf.logicalNot(fixtureTensor(inputs.key_padding_mask)), 1));
	}
	if (parts.length === 0) return undefined;
	const mask = parts.reduce((a, b) => tf.logicalAnd(a, b));
	return mask.shape[1] === 1 ? tf.squeeze(mask, [1]) : mask;
}

/** What hides keys, of rank 4. */
function blockMask(entry: TorchCase, batch: number): tf.Tensor4D | undefined {
	const { key_padding_mask: padding, attn_mask: given } = entry.inputs;
	if (given?.dtype === "bool" || !hasFiniteBias(entry)) {
		const mask = maskOf(entry, batch);
		return mask && rank4Mask(mask);
	}
	return padding && rank4Mask(tf.logicalNot(fixtureTensor(padding)));
}

/** A float mask with finite numbers: one for all, `[Tq, Tk]`, or one per item and head, `[B · H, Tq, Tk]`. */
function blockBias(entry: TorchCase, batch: number): tf.Tensor4D | undefined {
	const { attn_mask: given } = entry.inputs;
	if (given === undefined || !hasFiniteBias(entry)) return undefined;
	const shape = given.shape.length === 2 ? [1, 1, ...given.shape] : [batch, -1, ...given.shape.slice(1)];
	return tf.reshape<tf.Rank.R4>(fixtureTensor(given), shape as [number, number, number, number]);
}

describeOnEveryBackend("PyTorch nn.MultiheadAttention fixtures", (backend) => {
	test.skipIf(all.length === 0).each(cases.map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
		tf.tidy(() => {
			const names = entry.config.self ? ["x"] : ["query", "key", "value"];
			const batchFirst = (x: tf.Tensor): tf.Tensor =>
				entry.config.batch_first ? x : tf.transpose(x, [1, 0, 2]);
			const layer = multiHeadAttention({
				numHeads: entry.config.num_heads,
				useBias: entry.config.bias,
				keyDim: entry.config.embed_dim / entry.config.num_heads,
				returnAttention: true,
			});
			const tensors = names.map((name) => tensor(entry.inputs, name));
			const mask = maskOf(entry, batchFirst(tensors[0] as tf.Tensor).shape[0] as number);
			const attend = (...xs: tf.Tensor[]): tf.Tensor[] =>
				layer.apply([...xs.map(batchFirst), ...(mask === undefined ? [] : [mask])]) as tf.Tensor[];
			attend(...tensors);
			assignWeights(namedWeights(layer), multiHeadFromTorch(stateOf(entry)));
			const [output, weights] = attend(...tensors);
			expectClose(batchFirst(output as tf.Tensor), fixtureValues(entry.outputs.output as never), {
				label: "output",
			});
			expectClose(weights as tf.Tensor, fixtureValues(entry.outputs.weights_per_head as never), {
				label: "weights",
			});
			const loss = (...xs: tf.Tensor[]): tf.Scalar =>
				tf.sum(tf.mul(batchFirst(attend(...xs)[0] as tf.Tensor), tensor(entry.upstream, "output")));
			tf.grads(loss)(tensors).forEach((gradient, i) => {
				expectClose(gradient, fixtureValues(entry.grads[names[i] as string] as never), {
					label: `d${names[i]}`,
				});
			});
			const { grads } = tf.variableGrads(
				() => loss(...tensors),
				layer.trainableWeights.map((w) => w.read() as tf.Variable),
			);
			const kernel = Object.entries(grads).find(([name]) =>
				name.includes("attention_output/kernel"),
			)?.[1] as tf.Tensor;
			expectClose(tf.transpose(kernel), fixtureValues(entry.grads["out_proj.weight"] as never), {
				label: "dWo",
			});
			layer.dispose();
		});
	});

	test.skipIf(all.length === 0).each(all.map((entry) => [entry.name, entry] as const))(
		"%s, by the block, which takes a float mask as a bias",
		(_, entry) => {
			const parameters = new Parameters();
			tf.tidy(() => {
				const { config, inputs, outputs, grads } = entry;
				const names = config.self ? ["x"] : ["query", "key", "value"];
				const batchFirst = <T extends tf.Tensor>(x: T): T =>
					config.batch_first ? x : tf.transpose(x, [1, 0, 2]);
				const block = new MultiHeadBlock(parameters, {
					...{ name: "mha", numHeads: config.num_heads, useBias: config.bias },
					...{ querySize: config.embed_dim, keySize: config.kdim, valueSize: config.vdim },
				});
				assignWeights(parameters.variables, multiHeadFromTorch(stateOf(entry)));
				const tensors = names.map((name) => tensor(inputs, name));
				const [batch = 0] = batchFirst(tensors[0] as tf.Tensor).shape;
				const attend = (...xs: tf.Tensor[]): { output: tf.Tensor; weights?: tf.Tensor } => {
					const [query, key = query, value = key] = xs.map(batchFirst) as [tf.Tensor3D];
					const options = {
						mask: blockMask(entry, batch),
						bias: blockBias(entry, batch),
						returnWeights: true,
					};
					return block.attend(query, key as tf.Tensor3D, value as tf.Tensor3D, options);
				};
				const { output, weights } = attend(...tensors);
				expectClose(batchFirst(output), fixtureValues(outputs.output as never), { label: "output" });
				expectClose(weights as tf.Tensor, fixtureValues(outputs.weights_per_head as never), {
					label: "weights",
				});
				const loss = (...xs: tf.Tensor[]): tf.Scalar =>
					tf.sum(tf.mul(batchFirst(attend(...xs).output), tensor(entry.upstream, "output")));
				tf.grads(loss)(tensors).forEach((gradient, i) => {
					const name = names[i] as string;
					expectClose(gradient, fixtureValues(grads[name] as never), { label: `d${name}` });
				});
			});
			parameters.dispose();
		},
	);

	test.skipIf(all.length === 0)("counts them", () => {
		console.info(
			`PyTorch MultiheadAttention on ${backend}: ${cases.length} of ${all.length} fixtures by the layer (it takes no float masks), ${all.length} by the block`,
		);
		expect([cases.length, all.length]).toEqual([9, 11]);
	});
});
