import { checkDtype, checkNotEmpty, checkRank, checkShape, describeShape, HeedError } from "@heed/core";
import { checkIds } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { checkGiven } from "../ops/check-given.ts";
import type { ResolvedBertConfig } from "./bert-config.ts";

/** Texts as ids, for instance what `toTensors(padBatch(rows))` gives. */
export interface BertBatch {
	/** int32 `[batch, length]`. */
	readonly ids: tf.Tensor2D;
	/** Valid tokens per row, int32 `[batch]`; what stands behind them has no influence on them. Default: all. */
	readonly lengths?: tf.Tensor1D | undefined;
	/** Or: which tokens are valid, bool `[batch, length]`. */
	readonly mask?: tf.Tensor2D | undefined;
	/** The segment of each token, int32 `[batch, length]`. Default: all 0. */
	readonly segments?: tf.Tensor2D | undefined;
}

/** Texts with what is to be said of each token. */
export interface TokenLabelBatch extends BertBatch {
	/** int32 `[batch, length]`: the class or the id of each token; negative, and behind the length, where none counts. */
	readonly labels: tf.Tensor2D;
}

/** Texts with the class of each. */
export interface TextLabelBatch extends BertBatch {
	/** int32 `[batch]`. */
	readonly labels: tf.Tensor1D;
}

const axes = ["batch", "length"];

/** Refuses texts that do not fit themselves or the model. */
export function checkBertBatch(where: string, batch: BertBatch, config: ResolvedBertConfig): void {
	checkGiven(where, batch);
	const { ids, lengths, mask, segments } = batch;
	checkRank(where, "ids", ids, axes);
	checkDtype(where, "ids", ids, "int32");
	const [rows, width] = ids.shape;
	checkNotEmpty(where, "ids", ids, axes);
	const came = describeShape("ids", ids.shape, axes);
	if (width > config.maxLength) {
		const message = `${came} is too long: \`maxLength\` is ${config.maxLength}. Cut the texts.`;
		throw new HeedError("VALUE", where, message);
	}
	if (lengths !== undefined && mask !== undefined) {
		const message = "`lengths` and `mask` came. Give one of them.";
		throw new HeedError("OPTION", where, message);
	}
	if (lengths !== undefined) {
		checkShape(where, "lengths", lengths, ["batch"], [rows], came);
		checkDtype(where, "lengths", lengths, "int32");
		checkIds(where, "lengths", lengths, width + 1, "the width of ids");
	}
	if (mask !== undefined) {
		checkShape(where, "mask", mask, axes, ids.shape, came);
		checkDtype(where, "mask", mask, "bool");
	}
	if (segments !== undefined) {
		checkShape(where, "segments", segments, axes, ids.shape, came);
		checkDtype(where, "segments", segments, "int32");
		checkIds(where, "segments", segments, config.segmentKinds, "`segmentKinds`");
	}
	checkIds(where, "ids", ids, config.vocabularySize, "the vocabulary");
}

/** Refuses labels that are none: one per token or per text, below the number of classes. */
export function checkLabels(
	where: string,
	{ ids, labels }: BertBatch & { readonly labels: tf.Tensor },
	per: "token" | "text",
	classes: number,
): void {
	const [expected, names] = per === "token" ? [ids.shape, axes] : [[ids.shape[0]], ["batch"]];
	checkShape(where, "labels", labels, names, expected, describeShape("ids", ids.shape, axes));
	checkDtype(where, "labels", labels, "int32");
	tf.tidy(() => {
		// A token may have no label, which a negative one says.
		const known = per === "text" ? labels : tf.maximum(labels, tf.scalar(0, "int32"));
		checkIds(where, "labels", known, classes, "the classes");
	});
}
