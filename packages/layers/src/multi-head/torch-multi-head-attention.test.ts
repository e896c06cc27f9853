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
import { multiHeadAttention } from "./multi-head-attention.ts";

const all = ["mha_self", "mha_cross"].flatMap((group) => torchCases(group));
/** PyTorch adds a float mask to the scores; the layer takes masks of type bool, true = attend, only. */
const hasFiniteBias = (entry: TorchCase): boolean =>
	entry.inputs.attn_mask?.dtype.startsWith("float") === true &&
	entry.inputs.attn_mask.data.some((x) => x !== 0 && x !== "-Infinity");
const cases = all.filter((entry) => !hasFiniteBias(entry));

const tensor = (fixtures: Record<string, { shape: number[] }> | undefined, name: string): tf.Tensor =>
	fixtureTensor(fixtures?.[name] as never);

/** PyTorch's weights in the order and layout of ours: [out, in] → [in, out], the packed rows q, k, v cut apart. */
function weightsOf({ weights, config }: TorchCase): tf.Tensor[] {
	const size = Number(config.embed_dim);
	const packed =
		weights?.in_proj_weight === undefined ? undefined : tf.split(tensor(weights, "in_proj_weight"), 3);
	const kernels = packed ?? ["q", "k", "v"].map((name) => tensor(weights, `${name}_proj_weight`));
	const biases = weights?.in_proj_bias === undefined ? [] : tf.split(tensor(weights, "in_proj_bias"), 3);
	const parts = kernels.flatMap((kernel, i) => [tf.transpose(kernel), ...biases.slice(i, i + 1)]);
	const output = tf.transpose(tensor(weights, "out_proj.weight"));
	expect(output.shape).toEqual([size, size]);
	return [
		...parts,
		output,
		...(weights?.["out_proj.bias"] === undefined ? [] : [tensor(weights, "out_proj.bias")]),
	];
}

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
			layer.setWeights(weightsOf(entry));
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

	test.skipIf(all.length === 0)("counts them", () => {
		const skipped = all.filter(hasFiniteBias).map(({ name }) => name);
		console.info(
			`PyTorch MultiheadAttention on ${backend}: ${cases.length} of ${all.length} fixtures; skipped ${skipped.join(", ")}: ` +
				"a float mask with finite values is a bias, which the layer does not take (scaledDotProductAttention does)",
		);
		expect([cases.length, all.length]).toEqual([9, 11]);
	});
});
