import { convolution2d, maxPool } from "@heed/core";
import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
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

/** Moves all numbers of a model off their first values, and gives its weights, convolutions and norms by their names. */
function stirredParts(built: LayersModel) {
	const weights = (layer: string): tf.Tensor[] => built.getLayer(layer).getWeights();
	built.layers.forEach((layer, i) => {
		const stirred = layer
			.getWeights()
			.map((w, k) => tf.add(w, tf.abs(randomTensor(w.shape, 10 * i + k, 0.3))));
		if (stirred.length > 0) layer.setWeights(stirred);
	});
	const conv = (x: tf.Tensor4D, name: string, strides = 1, groups = 1): tf.Tensor4D => {
		const [kernel] = weights(name) as [tf.Tensor4D];
		return convolution2d(x, kernel, { strides, padding: (kernel.shape[0] - 1) / 2, groups });
	};
	const norm = (x: tf.Tensor4D, name: string): tf.Tensor4D => {
		const [gamma, beta, mean, variance] = weights(name) as tf.Tensor1D[];
		const unit = tf.div(tf.sub(x, mean as tf.Tensor), tf.sqrt(tf.add(variance as tf.Tensor, 1e-5)));
		return tf.add(tf.mul(unit, gamma as tf.Tensor), beta as tf.Tensor);
	};
	return { weights, conv, norm };
}

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

	it("a resnet is its convolutions, norms and attention with PyTorch's padding", () => {
		const built = resnet({
			...{ ...common, width: 2, depth: 18, inputShape: [null, null, 3], classActivation: "linear" },
			attention: { name: "se", options: { rdRatio: 1 } },
		});
		tf.tidy(() => {
			const { weights, conv, norm } = stirredParts(built);
			const excite = (x: tf.Tensor4D, name: string): tf.Tensor4D => {
				const [w1, b1, w2, b2] = weights(name) as tf.Tensor2D[];
				const hidden = tf.relu(tf.add(tf.matMul(tf.mean(x, [1, 2]), w1 as tf.Tensor2D), b1 as tf.Tensor));
				const scores = tf.add(tf.matMul(hidden as tf.Tensor2D, w2 as tf.Tensor2D), b2 as tf.Tensor);
				return tf.mul(x, tf.reshape(tf.sigmoid(scores), [2, 1, 1, -1]));
			};
			const x = image(19, 14);
			const start = tf.relu(norm(conv(x, "stem_conv", 2), "stem_norm"));
			let seen = maxPool(start, 3, { strides: 2, padding: 1 });
			for (let i = 0; i < 8; i++) {
				const stage = Math.floor(i / 2);
				const name = `stage${stage}_block${i % 2}`;
				const strides = i % 2 === 0 && stage > 0 ? 2 : 1;
				const first = tf.relu(norm(conv(seen, `${name}_conv0`, strides), `${name}_norm0`));
				const branch = excite(norm(conv(first, `${name}_conv1`), `${name}_norm1`), `${name}_attention`);
				const around =
					strides === 1 ? seen : norm(conv(seen, `${name}_around_conv`, 2), `${name}_around_norm`);
				seen = tf.relu(tf.add(branch, around));
			}
			const [kernel, bias] = weights("classes") as [tf.Tensor2D, tf.Tensor1D];
			const scores = tf.add(tf.matMul(tf.mean(seen, [1, 2]) as tf.Tensor2D, kernel), bias);
			expectClose(built.predict(x) as tf.Tensor, scores, { atol: 1e-4, rtol: 1e-4 });
		});
		built.dispose();
	});

	it("AttentionNeXt has a norm behind each convolution, on the way around too, and a ReLU behind the sum", () => {
		const built = residualAttentionNetwork({
			...{ ...small, unit: "resnext", groups: 2, inputShape: [null, null, 3] },
		});
		tf.tidy(() => {
			const { conv, norm } = stirredParts(built);
			const [before, behind] = ["stage0_attention0", "stage1_attention0"].map((name) => built.getLayer(name));
			const outputs = [before?.output, behind?.input] as SymbolicTensor[];
			const [x, y] = model({ inputs: built.inputs, outputs }).predict(image(7, 6)) as tf.Tensor4D[];
			const of = (seen: tf.Tensor4D, step: number | "around", strides = 1, groups = 1): tf.Tensor4D =>
				norm(conv(seen, `stage1_unit_conv${step}`, strides, groups), `stage1_unit_norm${step}`);
			const start = x as tf.Tensor4D;
			const branch = of(tf.relu(of(tf.relu(of(start, 0)), 1, 2, 2)), 2);
			const expected = tf.relu(tf.add(branch, of(start, "around", 2)));
			expectClose(y as tf.Tensor, expected, { atol: 1e-4, rtol: 1e-4 });
		});
		built.dispose();
	});

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
