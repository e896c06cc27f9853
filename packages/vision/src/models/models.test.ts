import { HeedError } from "@heed/core";
import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { saveAndLoad } from "../../test/save-and-load.ts";
import { residualAttentionNetwork } from "./residual-attention-network.ts";
import { resnet } from "./resnet.ts";
import { vit } from "./vit.ts";
import { bamResnet, cbamResnet, seResnet, withAttention } from "./with-attention.ts";

const common = { classes: 3, seed: 0 } as const;
const small = { ...common, width: 2, stem: "small" } as const;
const image = (height = 8, width = 8, seed = 1): tf.Tensor4D =>
	randomTensor<tf.Rank.R4>([2, height, width, 3], seed);
const tiny = { ...common, patchSize: 4, modelDim: 6, depth: 2, numHeads: 2, inputShape: [8, 8, 3] } as const;

const models: readonly (readonly [
	string,
	(size: [number | null, number | null, number]) => LayersModel,
	string[],
])[] = [
	["resnet", (inputShape) => resnet({ ...small, depth: 18, inputShape }), []],
	["seResnet", (inputShape) => seResnet({ ...small, depth: 18, inputShape }), ["channel"]],
	[
		"cbamResnet",
		(inputShape) => cbamResnet({ ...small, depth: 18, inputShape }),
		["channel", "spatial", "element"],
	],
	[
		"bamResnet",
		(inputShape) => bamResnet({ ...small, depth: 50, inputShape }),
		["channel", "spatial", "element"],
	],
	[
		"residualAttentionNetwork",
		(inputShape) => residualAttentionNetwork({ ...small, inputShape }),
		["element"],
	],
	[
		"residualAttentionNetwork of ResNeXt's units",
		(inputShape) => residualAttentionNetwork({ ...small, unit: "resnext", groups: 2, inputShape }),
		["element"],
	],
];

describeOnEveryBackend("models on images", () => {
	it.each(models)(
		"%s takes images of any size, shows its maps and leaves nothing behind",
		(_, make, kinds) => {
			const built = make([null, null, 3]);
			const [x, odd] = [image(), image(9, 5)];
			const { result, records } = captureAttention(() => built.predict(odd) as tf.Tensor);
			expect(result.shape).toEqual([2, 3]);
			expectClose(
				tf.tidy(() => tf.sum(result, 1)),
				[1, 1],
			);
			expect([...new Set(records.map(({ kind }) => kind))]).toEqual(kinds);
			expectNoLeak(() => built.predict(x) as tf.Tensor);
			disposeAttention(records);
			tf.dispose([result, x, odd]);
			built.dispose();
		},
	);

	it("vit takes its class from the token, from the mean of the patches or from what a query finds in them", () => {
		tf.tidy(() => {
			for (const pool of ["class", "mean", "attention"] as const) {
				const built = vit({ ...tiny, pool });
				const { result, records } = captureAttention(() => built.predict(image()) as tf.Tensor);
				expect(result.shape).toEqual([2, 3]);
				const tokens = pool === "class" ? 5 : 4;
				const maps = [1, 2].map(() => [2, 2, tokens, tokens]);
				const asked = pool === "attention" ? [[2, 2, 1, 4]] : [];
				expect(records.map(({ weights }) => weights.shape)).toEqual([...maps, ...asked]);
				disposeAttention(records);
				built.dispose();
			}
		});
	});

	it("says what is wrong, before any weight is made", () => {
		const { numTensors } = tf.memory();
		expect(() => resnet({ depth: 19 as never })).toThrow(/`depth` is "19"; expected '18'/);
		expect(() => resnet({ colour: 1 } as never)).toThrow(/unknown option `colour`/);
		expect(() => vit({ classes: 0 })).toThrow(/`classes`/);
		expect(() => residualAttentionNetwork({ inputShape: [8, 8] as never })).toThrow(
			/`inputShape` is \[8,8\]/,
		);
		expect(() => residualAttentionNetwork({ unit: "inception" as never })).toThrow(/`unit`.*'resnext'/);
		expect(() => residualAttentionNetwork({ unit: "resnext", width: 7 })).toThrow(
			/`groups` is 32, but .* 14 channels inside, .*Use a divisor of 14/,
		);
		expect(() => residualAttentionNetwork({ groups: 4 })).toThrow(/`groups` goes with/);
		expect(() => withAttention(resnet, "cbm" as never)({ ...small, depth: 18 })).toThrow(/`name` is "cbm"/);
		expect(() => vit({ inputShape: [null, null, 3] })).toThrow(
			/^vit: `inputShape` is \[null,null,3\]; .*Give the size, such as \[224, 224, 3\]\.$/,
		);
		expect(() => resnet({ attention: "eca" as never })).toThrow(/object such as \{ name: "eca" \}/);
		expect(() => resnet({ attention: () => null as never })).toThrow(
			/`attention` is null; expected an object/,
		);
		const lost = { name: "se", options: { returnAttention: true } } as const;
		expect(() => resnet({ ...small, depth: 18, attention: lost })).toThrow(
			/gives something else than one map/,
		);
		const narrow = { name: "dynamic-conv", options: { filters: 3 } } as const;
		expect(() => resnet({ ...small, depth: 18, attention: narrow })).toThrow(/of the size of its own/);
		const ofFrames = { name: "timesformer" } as never;
		expect(() => resnet({ ...small, depth: 18, attention: ofFrames })).toThrow(/of the size of its own/);
		const given = { name: "stn", options: { localization: "given" } } as const;
		const asking = [
			given,
			...(["channelQueryAttention", "querySpatialAttention", "sca"] as const).map((name) => ({ name })),
		];
		for (const attention of [...asking, { name: "tgif" } as never]) {
			expect(() => resnet({ ...small, depth: 18, attention: () => attention })).toThrow(
				/'[a-zA-Z]+' takes a second input, .* Possible as they are: 'squeezeExcite', .*'cbam', .*'stn'\.$/,
			);
		}
		const ask = (): LayersModel => resnet({ depth: 18, attention: { name: "sca" } });
		expect(ask).not.toThrow(/Possible.*'(sca|attentionPooling2d|tgif)'/);
		expect(tf.memory().numTensors).toBe(numTensors);
	});
});

describe("models with a fixed attention", () => {
	it.each<[string, () => unknown, RegExp]>([
		[
			"another attention",
			() => seResnet({ attention: { name: "cbam" } } as never),
			/^seResnet: `attention` is always \{ name: 'squeezeExcite' \} here\. Use `attentionOptions` .*resnet, which takes `attention`/,
		],
		[
			"another place",
			() => bamResnet({ place: "block" } as never),
			/^bamResnet: `place` is always 'stage' here\. Use resnet, which takes `place`\.$/,
		],
		[
			"another attention from outside",
			() => withAttention(seResnet as never, "eca")({}),
			/^seResnet: `attention`/,
		],
		[
			"attention twice",
			() => withAttention(resnet, "se")({ attention: { name: "cbam" } } as never),
			/^withAttention: `attention` is given, but is 'se' already\. Leave it out, or call resnet itself\.$/,
		],
		[
			"a typing mistake",
			() => cbamResnet({ dept: 18 } as never),
			/^cbamResnet: unknown option `dept`\. Known options: .*`depth`, `attentionOptions`\.$/,
		],
		["a bad value", () => seResnet({ depth: 19 as never }), /^seResnet: `depth` is "19"/],
		["no object", () => seResnet(null as never), /^seResnet: the options are null/],
		["no options", () => bamResnet({ attentionOptions: 3 as never }), /^bamResnet: `attentionOptions` is 3/],
		["no builder", () => withAttention(undefined as never, "se")({}), /^withAttention: `build` is undefined/],
		["no arguments", () => withAttention(resnet, "se")(null as never), /^withAttention: the options .* null/],
	])("refuse %s", (_, make, message) => {
		expect(make).toThrow(HeedError);
		expect(make).toThrow(
			expect.objectContaining({ code: "OPTION", message: expect.stringMatching(message) }),
		);
	});
});

/** Trains a model on two images, saves it and loads it again. */
async function learns(make: (typeof models)[number][1], side = 8): Promise<void> {
	tf.env().set("IS_TEST", false); // its check refuses the host's dense layer on wasm
	const built = make([side, side, 3]);
	const [x, labels] = [image(side, side), tf.oneHot([0, 2], 3)];
	const again = make([side, side, 3]);
	expectClose(again.predict(x) as tf.Tensor, built.predict(x) as tf.Tensor, { atol: 0 }); // the same seed
	built.compile({ optimizer: tf.train.adam(0.003), loss: "categoricalCrossentropy" });
	const { history } = await built.fit(x, labels, { epochs: 3, verbose: 0, shuffle: false });
	const losses = history.loss as number[];
	expect(losses.at(-1)).toBeLessThan(losses[0] as number);
	const copy = await saveAndLoad(built);
	expectClose(copy.predict(x) as tf.Tensor, built.predict(x) as tf.Tensor, { atol: 1e-6 });
}

describe("models on images that train", () => {
	useBackend("wasm"); // whose own kernels have fewer gradients than those of cpu

	// So large that the norms behind the last stage see more than one pixel of each image.
	it.each(models.slice(2))("%s learns, and is saved and loaded", (_, make) => learns(make, 16));
});

describeOnEveryBackend("models on images that train everywhere", () => {
	it("seResnet learns, and is saved and loaded", () =>
		learns((inputShape) => seResnet({ ...small, depth: 18, inputShape })));

	it("vit learns, and is saved and loaded", () => learns(() => vit({ ...tiny, dropout: 0.1 })));
});
