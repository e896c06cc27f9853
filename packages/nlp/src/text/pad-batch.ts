import { checkNumber, checkOptions, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkList, checkParts } from "../ops/check-given.ts";
import { Vocabulary } from "./vocabulary.ts";

/** What {@link padBatch} accepts. */
export interface PadBatchOptions {
	/** Pad every row to this length. Default: the longest row. */
	readonly length?: number | undefined;
	/** The id that fills. Default {@link Vocabulary.pad}. */
	readonly pad?: number | undefined;
}

/** Rows of ids of different lengths as one rectangle, in plain arrays. */
export interface PaddedBatch {
	/** Row-major `[batch, length]`. */
	readonly ids: Int32Array;
	/** The true length of each row, `[batch]`. */
	readonly lengths: Int32Array;
	/** `[batch, length]`. */
	readonly shape: readonly [batch: number, length: number];
}

/**
 * Pads rows of ids at their end.
 *
 * @throws HeedError `VALUE` for no rows, a row that is longer than `length`, or an id that is no whole number from 0 to
 *   2³¹ − 1.
 */
export function padBatch(rows: readonly ArrayLike<number>[], options: PadBatchOptions = {}): PaddedBatch {
	checkOptions("padBatch", options, ["length", "pad"]);
	return padRows({ where: "padBatch", all: "rows" }, rows, options);
}

/** What {@link padRows} calls things in its messages: by the names of the function that was called. */
export interface RowNames {
	readonly where: string;
	/** All the rows: `sentences`. */
	readonly all: string;
	/** The ids of one of them: `sentences[3].words`. Default: `rows[3]`. */
	nameOf?(row: number): string;
}

/** {@link padBatch} for functions that pad what they were given. */
export function padRows(
	{ where, all, nameOf = (row) => `${all}[${row}]` }: RowNames,
	rows: readonly ArrayLike<number>[],
	{ length: asked, pad = Vocabulary.pad }: PadBatchOptions = {},
): PaddedBatch {
	checkList(where, all, rows);
	const longest = rows.reduce((max, row) => Math.max(max, row.length), 0);
	const length = asked ?? longest;
	checkNumber(where, "length", length, { integer: true, min: 0 });
	checkNumber(where, "pad", pad, { integer: true, min: 0 });
	if (rows.length === 0) throw new HeedError("VALUE", where, `no ${all} came; expected at least one.`);
	if (longest > length) {
		throw new HeedError(
			"VALUE",
			where,
			`the longest row has ${longest} ids, \`length\` is ${length}. Cut the rows, or raise \`length\`.`,
		);
	}
	rows.forEach((row, i) => {
		checkRow(where, row, nameOf(i));
	});
	const ids = new Int32Array(rows.length * length).fill(pad);
	rows.forEach((row, i) => {
		ids.set(row, i * length);
	});
	return { ids, lengths: Int32Array.from(rows, (row) => row.length), shape: [rows.length, length] };
}

function checkRow(where: string, row: ArrayLike<number>, name: string): void {
	for (let place = 0; place < row.length; place++) {
		const id = row[place];
		if (Number.isInteger(id) && Number(id) >= 0 && Number(id) < 2 ** 31) continue;
		const message = `${name}[${place}] is ${String(id)}; expected a whole number from 0 to 2147483647.`;
		throw new HeedError("VALUE", where, message);
	}
}

/** The tensors of a padded batch; the caller disposes them. */
export function toTensors(batch: PaddedBatch): { ids: tf.Tensor2D; lengths: tf.Tensor1D } {
	checkParts("toTensors", "the batch", batch, ["ids", "lengths", "shape"], "what `padBatch` gives");
	return {
		ids: tf.tensor2d(batch.ids, [...batch.shape], "int32"), // [B, T]
		lengths: tf.tensor1d(batch.lengths, "int32"), // [B]
	};
}
