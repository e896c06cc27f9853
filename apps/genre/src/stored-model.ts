import { existsSync } from "node:fs";
import { join } from "node:path";
import { SafetensorsError, type SafetensorsTensor, writeSafetensors } from "@heed/io";
import { readSafetensorsFile, writeFileAtomically } from "@heed/io/node";
import * as tf from "@tensorflow/tfjs-core";
import { type Codec, type CodecJson, codecJson, readCodec } from "./codec.ts";
import { type ModelSettings, settingsOf } from "./settings.ts";
import { UserError } from "./user-error.ts";

/** A trained model as it lies in its folder: one safetensors file whose metadata hold settings, words and labels. */
export interface StoredModel {
	readonly settings: ModelSettings;
	readonly codec: Codec;
	readonly weights: ReadonlyMap<string, SafetensorsTensor>;
}

/** The file of the model in its folder. */
export const modelFile = "model.safetensors";

/** Weights by name. */
export type Variables = ReadonlyMap<string, tf.Variable>;

/** Writes the model; the old file stays whole until the new one is. */
export async function writeModel(
	folder: string,
	settings: ModelSettings,
	codec: Codec,
	variables: Variables,
): Promise<void> {
	const weights: [string, SafetensorsTensor][] = [];
	for (const [name, variable] of variables) {
		const data = (await variable.data()) as Float32Array;
		weights.push([name, { dtype: "F32", shape: variable.shape, data }]);
	}
	const metadata: [string, string][] = [
		["format", "heed.genre/1"],
		["settings", JSON.stringify(settings)],
		["vocabularies", JSON.stringify(codecJson(codec))],
	];
	await writeFileAtomically(join(folder, modelFile), writeSafetensors(weights, metadata));
}

/**
 * Reads the model of a folder.
 *
 * @throws UserError when there is none, or it is damaged.
 */
export async function readModel(folder: string): Promise<StoredModel> {
	const path = join(folder, modelFile);
	try {
		const { tensors, metadata } = await readSafetensorsFile(path);
		const settings = settingsOf(JSON.parse(metadata.get("settings") ?? "{}"));
		const vocabularies = JSON.parse(metadata.get("vocabularies") ?? "{}") as Partial<CodecJson>;
		return { settings, codec: readCodec(vocabularies), weights: tensors };
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		if (code === "ENOENT" || code === "ENOTDIR") {
			const unfinished = existsSync(join(folder, "checkpoint.safetensors"));
			throw new UserError(
				unfinished
					? `${folder} holds a training that has not ended. Go on with: genre train --resume --out ${folder}`
					: `${folder} holds no model. Train one with: genre train --out ${folder}`,
			);
		}
		const kind = error instanceof SafetensorsError ? "is damaged" : "cannot be read";
		throw new UserError(`${path} ${kind}: ${message}`, { cause: error });
	}
}

/**
 * Puts stored weights into a model's variables.
 *
 * @throws UserError when a weight is missing, of another shape or not wanted; then no variable has changed.
 */
export function loadWeights(variables: Variables, weights: StoredModel["weights"], path: string): void {
	const refuse = (what: string): never => {
		throw new UserError(`${path} is a checkpoint of another shape: ${what}.`);
	};
	for (const [name, variable] of variables) {
		const stored = weights.get(name) ?? refuse(`weight ${name} is missing`);
		const [there, here] = [`[${stored.shape.join(", ")}]`, `[${variable.shape.join(", ")}]`];
		if (there !== here) refuse(`weight ${name} is ${there}, the model has ${here}`);
		if (stored.dtype !== "F32") refuse(`weight ${name} is ${stored.dtype}, expected F32`);
	}
	for (const name of weights.keys()) if (!variables.has(name)) refuse(`weight ${name} is unknown`);
	for (const [name, variable] of variables) {
		const { data = [], shape = [] } = weights.get(name) ?? {};
		tf.tidy(() => variable.assign(tf.tensor(data as Float32Array, [...shape])));
	}
}
