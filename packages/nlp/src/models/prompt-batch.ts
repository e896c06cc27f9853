import { checkDtype, checkRank, checkShape, describeShape, HeedError } from "@heed/core";
import { checkIds } from "@heed/layers";
import type * as tf from "@tensorflow/tfjs-core";
import { checkGiven } from "../ops/check-given.ts";

/** What a language model goes on from, as ids: at least one token each; the lengths may differ. */
export interface PromptBatch {
	readonly prompts: readonly (readonly number[])[];
}

/** Texts as ids, for instance what `toTensors(padBatch(rows))` gives. */
export interface TokenBatch {
	/** int32 `[batch, length]`. */
	readonly ids: tf.Tensor2D;
	/** Valid tokens per row, int32 `[batch]`. Default: all. */
	readonly lengths?: tf.Tensor1D | undefined;
}

/** What bounds the ids and the length of a text. */
interface Bounds {
	readonly vocabularySize: number;
	readonly maxLength?: number;
}

/** Refuses prompts that are none. */
export function checkPrompts(where: string, source: PromptBatch, classes: number): PromptBatch["prompts"] {
	const prompts: unknown = source?.prompts;
	if (!Array.isArray(prompts) || prompts.length === 0) {
		const came = Array.isArray(prompts) ? "empty" : String(prompts);
		throw new HeedError("VALUE", where, `\`prompts\` is ${came}; expected at least one list of ids.`);
	}
	prompts.forEach((prompt: unknown, row) => {
		if (!Array.isArray(prompt)) {
			const came = typeof prompt === "string" ? JSON.stringify(prompt) : String(prompt);
			const remedy =
				"Encode a text first; put the ids of a single prompt into a list of their own, [[1, 2]].";
			throw new HeedError("VALUE", where, `prompts[${row}] is ${came}; expected an array of ids. ${remedy}`);
		}
		if (prompt.length === 0) {
			const message = `prompts[${row}] is empty; expected at least one id, for instance that which starts a text.`;
			throw new HeedError("VALUE", where, message);
		}
		prompt.forEach((id: unknown, place) => {
			if (Number.isInteger(id) && Number(id) >= 0 && Number(id) < classes) return;
			const message = `prompts[${row}][${place}] is ${String(id)}; expected 0 to ${classes - 1}, by the vocabulary.`;
			throw new HeedError("VALUE", where, message);
		});
	});
	return prompts;
}

/** Refuses prompts that so many steps would carry beyond what the model can hold. */
export function checkRoom(
	where: string,
	prompts: PromptBatch["prompts"],
	steps: number,
	maxLength: number | undefined,
): void {
	if (maxLength === undefined) return;
	const row = prompts.findIndex((prompt) => prompt.length + steps > maxLength);
	if (row < 0) return;
	const { length } = prompts[row] as readonly number[];
	throw new HeedError(
		"VALUE",
		where,
		`prompts[${row}] has ${length} tokens and may get ${steps} more, \`maxLength\` is ${maxLength}. Cut the prompt at its start, or ask for fewer steps.`,
	);
}

/** Refuses texts that do not fit themselves or the model. */
export function checkTokenBatch(
	where: string,
	batch: TokenBatch,
	{ vocabularySize, maxLength }: Bounds,
	shortest: number,
): void {
	checkGiven(where, batch);
	const { ids, lengths } = batch;
	const axes = ["batch", "length"];
	checkRank(where, "ids", ids, axes);
	checkDtype(where, "ids", ids, "int32");
	const [rows, width] = ids.shape;
	const came = describeShape("ids", ids.shape, axes);
	if (rows === 0 || width < shortest) {
		const expected = shortest === 1 ? "one row and one token" : `one row and ${shortest} tokens`;
		throw new HeedError("SHAPE", where, `${came} is too small; expected at least ${expected}.`);
	}
	if (maxLength !== undefined && width > maxLength) {
		throw new HeedError("VALUE", where, `${came} is too long: \`maxLength\` is ${maxLength}. Cut the texts.`);
	}
	if (lengths !== undefined) {
		checkShape(where, "lengths", lengths, ["batch"], [rows], came);
		checkDtype(where, "lengths", lengths, "int32");
		checkIds(where, "lengths", lengths, width + 1, "the width of ids");
	}
	checkIds(where, "ids", ids, vocabularySize, "the vocabulary");
}
