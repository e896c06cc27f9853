import {
	type Comparison,
	describeOnEveryBackend,
	expectAllClose,
	fixtureTensor,
	fixtureValues,
	type TorchCase,
	torchCases,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import type { AttentionOptions } from "./attention-options.ts";
import { scaledDotProductAttention } from "./scaled-dot-product-attention.ts";

const cases = ["attention_basic", "attention_masks", "attention_head64"].flatMap((group) =>
	torchCases(group),
);

function optionsOf({ config, inputs }: TorchCase, bias: tf.Tensor | undefined): AttentionOptions {
	const [left, right] = (config.window ?? [-1, -1]) as [number, number];
	return {
		scale: config.scale,
		causal: config.causal,
		queryOffset: config.query_offset,
		...(config.window === null ? {} : { window: { left, right } }),
		...(config.softcap === null ? {} : { softcap: config.softcap }),
		...(inputs.mask === undefined ? {} : { mask: fixtureTensor(inputs.mask) }),
		...(bias === undefined ? {} : { bias }),
		...(inputs.key_lengths === undefined
			? {}
			: { keyLengths: fixtureTensor(inputs.key_lengths) as tf.Tensor1D }),
	};
}

describeOnEveryBackend("PyTorch attention fixtures", (backend) => {
	test.skipIf(cases.length === 0).each(cases.map((entry) => [entry.name, entry] as const))(
		"%s",
		async (_, entry) => {
			const { inputs, outputs, upstream, grads } = entry;
			const names = ["q", "k", "v", "bias"].filter((name) => inputs[name] !== undefined);
			const value = (name: string, from: TorchCase["inputs"]): tf.Tensor => {
				const fixture = from[name];
				if (fixture === undefined) throw new Error(`The fixture has no ${name}.`);
				return fixtureTensor(fixture);
			};
			const implementations = backend === "webgpu" ? (["fused"] as const) : (["auto", "dense"] as const);
			await expectAllClose(() => {
				const compared: Comparison[] = [];
				for (const implementation of implementations) {
					const attend = (...[q, k, v, bias]: tf.Tensor[]): tf.Tensor =>
						scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, {
							...optionsOf(entry, bias),
							implementation,
						});
					const tensors = names.map((name) => value(name, inputs));
					compared.push([
						attend(...tensors),
						fixtureValues(outputs.output as never),
						{ label: implementation },
					]);
					const gradients = tf.grads(attend)(tensors, value("output", upstream));
					names.forEach((name, i) => {
						const expected = fixtureValues(grads[name] as never);
						compared.push([gradients[i] as tf.Tensor, expected, { label: `d${name}, ${implementation}` }]);
					});
				}
				const [q, k, v, bias] = names.map((name) => value(name, inputs));
				const result = scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, {
					...optionsOf(entry, bias),
					returnWeights: true,
				});
				compared.push([result.weights, fixtureValues(outputs.weights as never), { label: "weights" }]);
				compared.push([result.logSumExp, fixtureValues(outputs.lse as never), { label: "logSumExp" }]);
				return compared;
			});
		},
	);

	test.skipIf(cases.length === 0)("counts them", () => {
		console.info(`PyTorch attention on ${backend}: ${cases.length} of ${cases.length} fixtures, 0 skipped`);
		expect(cases).toHaveLength(20);
	});
});
