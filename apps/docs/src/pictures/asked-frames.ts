import "@heed/backend-wasm";
import { attentionData, captureAttention, disposeAttention } from "@heed/layers";
import { Adam, fit } from "@heed/train";
import { queryTemporalAttention } from "@heed/vision";
import type { AttentionMap } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { colours, oneHot, randomNumbers, shapes } from "./scenes.ts";

const frames = 6;

/** A video: a shape in each frame, and a colour in three of them that no other frame has; the others are grey, number 3. */
type Video = readonly (readonly [colour: number, shape: number])[];

const named = [...colours, "grey"];

function film(random: () => number): Video {
	const free = Array.from({ length: frames }, (_, t) => t);
	const painted = colours.map(() => free.splice(Math.floor(random() * free.length), 1)[0]);
	return Array.from({ length: frames }, (_, t): Video[number] => {
		const colour = painted.indexOf(t);
		return [colour < 0 ? colours.length : colour, Math.floor(random() * shapes.length)];
	});
}

/** Frames as features: which colour, which shape. */
function asFrames(videos: readonly Video[]): tf.Tensor3D {
	const size = named.length + shapes.length;
	const rows = videos.map((video) =>
		video.map(([colour, shape]) =>
			Array.from({ length: size }, (_, i) => Number(i === colour || i === named.length + shape)),
		),
	);
	return tf.tensor3d(rows, [videos.length, frames, size]);
}

/** Trains a network to say which shape was of a colour in a video, and shows which frame it asked. */
export async function askFrames(): Promise<AttentionMap> {
	await tf.ready();
	const [video, question] = [
		input({ shape: [null, named.length + shapes.length] }),
		input({ shape: [colours.length] }),
	];
	const looked = queryTemporalAttention({ units: 32, seed: 1, name: "frames" }).apply([video, question]);
	const kernelInitializer = initializers.glorotUniform({ seed: 2 });
	const answer = layers.dense({ units: shapes.length, kernelInitializer, name: "answer" });
	const network = model({
		inputs: [video, question],
		outputs: answer.apply(looked as SymbolicTensor) as SymbolicTensor,
	});

	const random = randomNumbers(2);
	const videos = Array.from({ length: 512 }, () => film(random));
	const asked = videos.map(() => Math.floor(random() * colours.length));
	const shapeOf = (one: Video, colour: number): number => one.find((frame) => frame[0] === colour)?.[1] ?? 0;
	await fit(network, {
		inputs: [asFrames(videos), oneHot(asked, colours.length)],
		targets: oneHot(
			videos.map((one, i) => shapeOf(one, asked[i] ?? 0)),
			shapes.length,
		),
		loss: (target, output) => tf.losses.softmaxCrossEntropy(target, output) as tf.Scalar,
		optimizer: new Adam({ learningRate: 0.02 }),
		batchSize: 64,
		epochs: 25,
	});
	const shown = film(random);
	const { records } = captureAttention(
		() => network.predict([asFrames([shown, shown, shown]), oneHot([0, 1, 2], colours.length)]) as tf.Tensor,
	);
	const [data] = await Promise.all(records.map(attentionData));
	disposeAttention(records);
	if (data === undefined) throw new Error("askFrames: the layer did not say where it looked.");
	const words = shown.map(([colour, shape]) => `${named[colour]} ${shapes[shape]}`);
	return {
		title: "frames, asked by a colour",
		queryTokens: colours.map((colour) => `${colour}?`),
		keyTokens: words,
		axisLabels: { query: "question", key: "frame" },
		weights: data.weights,
	};
}
