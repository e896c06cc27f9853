import { useBackend } from "@heed/testing";
import { type LayersModel, type LayerVariable, layers, type Shape } from "@tensorflow/tfjs-layers";
import { describe, expect, it, vi } from "vitest";
import { countMade } from "../../test/count-weights.ts";
import { residualAttentionNetwork } from "./residual-attention-network.ts";
import { resnet } from "./resnet.ts";
import { vit } from "./vit.ts";
import { bamResnet, cbamResnet, seResnet } from "./with-attention.ts";

type AddWeight = (name: string, shape: Shape, ...rest: unknown[]) => LayerVariable;

/** The trained numbers of a model that is built as ever, but of whose weights none is made: they would be gigabytes. */
function count(build: () => LayersModel): number {
	let numbers = 0;
	const add: AddWeight = (_, shape, ...[, , , trainable = true]) => {
		if (trainable) numbers += shape.reduce<number>((product, size) => product * (size ?? 0), 1);
		return { read: () => undefined } as unknown as LayerVariable;
	};
	const spy = vi.spyOn(layers.Layer.prototype as unknown as { addWeight: AddWeight }, "addWeight");
	spy.mockImplementation(add);
	try {
		build();
	} finally {
		spy.mockRestore();
	}
	return numbers;
}

describe("the published numbers of parameters of whole models", () => {
	useBackend("cpu");

	it("counts what a model makes", () => {
		const build = (): LayersModel =>
			cbamResnet({ depth: 18, width: 4, classes: 3, inputShape: [32, 32, 3], seed: 1 });
		const built = build();
		expect(count(build)).toBe(countMade(built));
		built.dispose();
	});

	it.each([
		[18, 11689512, 11778592, 11776552, 11779392, 11712503],
		[34, 21797672, 21958868, 21954856, 21960468, 21820663],
		[50, 25557032, 28088024, 28071976, 28089624, 25915099],
		[101, 44549160, 49326872, 49292328, 49330172, 44907227],
		[152, 60192808, 66821848, 66770984, 66826848, 60550875],
	] as const)("ResNet-%i: plain, SE, SE without biases, CBAM, BAM", (depth, plain, se, noBias, cbam, bam) => {
		expect(count(() => resnet({ depth }))).toBe(plain);
		expect(count(() => seResnet({ depth }))).toBe(se);
		expect(count(() => seResnet({ depth, attentionOptions: { useBias: false } }))).toBe(noBias);
		expect(count(() => cbamResnet({ depth }))).toBe(cbam);
		expect(count(() => bamResnet({ depth }))).toBe(bam);
	});

	it("ResNets with other attention, and other forms", () => {
		const eca = (kernels: readonly number[], depth: 18 | 34 | 50 | 101 | 152): number =>
			count(() =>
				resnet({ depth, attention: (stage) => ({ name: "eca", options: { kernelSize: kernels[stage] } }) }),
			);
		expect(eca([3, 5, 5, 7], 50)).toBe(25557112);
		expect(eca([3, 3, 5, 7], 34)).toBe(21797744);
		expect(eca([3, 5, 7, 7], 18)).toBe(11689556);
		expect(eca([3, 3, 5, 7], 101)).toBe(44549317);
		expect(eca([3, 3, 5, 7], 152)).toBe(60193042);
		const threes = ([18, 34, 50, 101, 152] as const).map((depth) => eca([3, 3, 3, 3], depth));
		expect(threes).toEqual([11689536, 21797720, 25557080, 44549259, 60192958]);
		expect(count(() => resnet({ attention: { name: "eca" } }))).toBe(25557118);
		expect(count(() => resnet({ attention: { name: "triplet" } }))).toBe(25561832);
		expect(count(() => cbamResnet({ attentionOptions: { variant: "timm" } }))).toBe(28073576);
		expect(count(() => bamResnet({ attentionOptions: { variant: "paper" } }))).toBe(25917793);
	});

	it("Attention-56 and 92, AttentionNeXt-56, ViT-B/16", () => {
		expect(count(() => residualAttentionNetwork())).toBe(31810728);
		expect(count(() => residualAttentionNetwork({ depth: 92 }))).toBe(52466344);
		expect(count(() => residualAttentionNetwork({ unit: "resnext" }))).toBe(31318824);
		expect(count(() => vit())).toBe(86567656);
		expect(count(() => vit({ pool: "mean" }))).toBe(86567656 - 2 * 768);
		// timm's vit_base_patch16_siglip_224 without classes
		expect(count(() => vit({ pool: "attention" }))).toBe(92884224 + 768 * 1000 + 1000);
	});
});
