import { existsSync } from "node:fs";
import { HeedError } from "@heed/core";
import { SafetensorsError, type SafetensorsTensor, writeSafetensors } from "@heed/io";
import { readSafetensorsFile, writeFileAtomically } from "@heed/io/node";
import type { JsonValue, TrainingState } from "@heed/train";
import { loadCheckpoint } from "@heed/train/node";
import { UserError } from "../program/errors.ts";
import { typedCommand } from "../program/typed-command.ts";
import type { AllSettings, StoredSettings } from "../settings/settings.ts";
import type { Variables } from "./load-weights.ts";
import { modelsNear } from "./models-near.ts";
import { outputFolder } from "./output-folder.ts";

/** How an app writes and reads its settings and its codec: what turns its data into ids and back. */
export interface StoreOptions<ModelSettings extends object, Codec> {
	/** The name of the program: `tag`. */
	readonly program: string;
	/** Reads the settings of a model from JSON, or throws an Error that says what is missing. */
	settingsOf(json: unknown): ModelSettings;
	/** The codec as JSON. */
	codecJson(codec: Codec): object;
	/** Reads what `codecJson` wrote, or throws an Error that says what is missing; gets `{}` where a file has nothing. */
	readCodec(json: object, settings: ModelSettings): Codec;
}

/** A trained model as it lies in its folder. */
export interface StoredModel<ModelSettings extends object, Codec> {
	/** The file. */
	readonly path: string;
	readonly settings: ModelSettings;
	readonly codec: Codec;
	readonly weights: ReadonlyMap<string, SafetensorsTensor>;
}

/** A training that goes on. */
export interface StoredTraining<ModelSettings extends object, Codec> extends StoredSettings<ModelSettings> {
	readonly state: TrainingState;
	readonly codec: Codec;
	/** A hash of the data; what was written before there was one has none. */
	readonly digest?: string;
}

/** The models and checkpoints of an app: safetensors files whose metadata hold settings and codec. */
export class Store<ModelSettings extends object, Codec> {
	readonly #options: StoreOptions<ModelSettings, Codec>;

	constructor(options: StoreOptions<ModelSettings, Codec>) {
		this.#options = options;
	}

	/** What the metadata of its models name as their format. */
	get #format(): string {
		return `heed.${this.program}/1`;
	}

	/** The name of the program. */
	get program(): string {
		return this.#options.program;
	}

	/** What a checkpoint keeps besides the state of the loop: all that the data, the model and the end of the training follow from. */
	checkpointConfig(
		{ model, run }: AllSettings<ModelSettings, object>,
		codec: Codec,
		digest?: string,
	): JsonValue {
		const config = {
			settings: { ...model },
			run: { ...run },
			vocabularies: { ...this.#options.codecJson(codec) },
			...(digest !== undefined && { data: digest }),
		};
		return config as unknown as JsonValue; // interfaces of JSON have no index signature
	}

	/**
	 * Sees that a training goes on with the data that it began with.
	 *
	 * @throws UserError
	 */
	checkSameData(stored: StoredTraining<ModelSettings, Codec>, codec: Codec, digest: string): void {
		const [there, here] = [stored.codec, codec].map((of) => JSON.stringify(this.#options.codecJson(of)));
		if (there === here && (stored.digest ?? digest) === digest) return;
		throw this.otherData();
	}

	/** Says that a training would go on with other data than those that it began with. */
	otherData(cause?: unknown): UserError {
		const message = "the data are not what the checkpoint was trained on; train anew with --overwrite.";
		return new UserError(message, { cause });
	}

	/**
	 * Reads a checkpoint.
	 *
	 * @throws UserError when it is damaged or of another program.
	 */
	async readTraining(path: string): Promise<StoredTraining<ModelSettings, Codec>> {
		const { settingsOf, readCodec } = this.#options;
		try {
			const state = await loadCheckpoint(path);
			const config = (state.config ?? {}) as {
				settings?: unknown;
				run?: object;
				vocabularies?: object;
				data?: string;
			};
			const settings = settingsOf(config.settings);
			const codec = readCodec(config.vocabularies ?? {}, settings);
			const { run, data } = config;
			return { state, settings, codec, ...(run && { run }), ...(data !== undefined && { digest: data }) };
		} catch (error) {
			const { message } = error as Error;
			const detail = HeedError.isInstance(error) ? message.slice(message.indexOf(": ") + 2) : message;
			const line = detail.startsWith(path) ? detail : `${path} cannot be resumed: ${detail}`;
			throw new UserError(line, { cause: error });
		}
	}

	/** Writes the model; the old file stays whole until the new one is. */
	async writeModel(
		folder: string,
		settings: ModelSettings,
		codec: Codec,
		variables: Variables,
	): Promise<void> {
		const { codecJson } = this.#options;
		const weights: [string, SafetensorsTensor][] = [];
		for (const [name, variable] of variables) {
			const data = (await variable.data()) as Float32Array;
			weights.push([name, { dtype: "F32", shape: variable.shape, data }]);
		}
		const metadata: [string, string][] = [
			["format", this.#format],
			["settings", JSON.stringify(settings)],
			["vocabularies", JSON.stringify(codecJson(codec))],
		];
		await writeFileAtomically(outputFolder(folder).model, writeSafetensors(weights, metadata));
	}

	/**
	 * Reads the model of a folder.
	 *
	 * @param options What the user gave that the training which is advised needs as well.
	 * @throws UserError when there is none, or it is damaged.
	 */
	async readModel(
		folder: string,
		options: { readonly backend?: string } = {},
	): Promise<StoredModel<ModelSettings, Codec>> {
		const { program, settingsOf, readCodec } = this.#options;
		const { model: path, checkpoint } = outputFolder(folder);
		try {
			const { tensors, metadata } = await readSafetensorsFile(path);
			const json = (key: string): object => JSON.parse(metadata.get(key) ?? "{}") as object;
			const settings = settingsOf(json("settings"));
			return { path, settings, codec: readCodec(json("vocabularies"), settings), weights: tensors };
		} catch (error) {
			const { code, message } = error as NodeJS.ErrnoException;
			if (code === "ENOENT" || code === "ENOTDIR") {
				const { backend } = options;
				const train = (more: object): string =>
					typedCommand(`${program} train`, { ...more, out: folder, backend });
				if (existsSync(checkpoint)) {
					throw new UserError(
						`${folder} holds a training that has not ended. Go on with: ${train({ resume: true })}`,
					);
				}
				const near = await modelsNear(folder, this.#format);
				const advice = near === "" ? `. Train one with: ${train({})}` : `; these do: ${near}`;
				throw new UserError(`${folder} holds no model${advice}`);
			}
			const kind = error instanceof SafetensorsError ? "is damaged" : "cannot be read";
			throw new UserError(`${path} ${kind}: ${message}`, { cause: error });
		}
	}
}
