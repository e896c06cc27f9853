import { HeedError } from "@heed/core";
import type { JsonValue, TrainingState } from "@heed/train";
import { loadCheckpoint } from "@heed/train/node";
import { type Codec, type CodecJson, codecJson, readCodec } from "./codec.ts";
import { type ModelSettings, settingsOf } from "./settings.ts";
import { UserError } from "./user-error.ts";

/** A training that goes on. */
export interface StoredTraining {
	readonly state: TrainingState;
	readonly settings: ModelSettings;
	readonly codec: Codec;
}

/** What a checkpoint keeps besides the state of the loop: all that the data and the model follow from. */
export function checkpointConfig(settings: ModelSettings, codec: Codec): JsonValue {
	const { words, labels } = codecJson(codec);
	return { settings: { ...settings }, vocabularies: { words: { ...words }, labels: [...labels] } };
}

/**
 * Reads a checkpoint.
 *
 * @throws UserError when it is damaged or of another program.
 */
export async function readTraining(path: string): Promise<StoredTraining> {
	try {
		const state = await loadCheckpoint(path);
		const config = (state.config ?? {}) as { settings?: unknown; vocabularies?: Partial<CodecJson> };
		return { state, settings: settingsOf(config.settings), codec: readCodec(config.vocabularies ?? {}) };
	} catch (error) {
		const { message } = error as Error;
		const detail = HeedError.isInstance(error) ? message.slice(message.indexOf(": ") + 2) : message;
		const line = detail.startsWith(path) ? detail : `${path} cannot be resumed: ${detail}`;
		throw new UserError(line, { cause: error });
	}
}
