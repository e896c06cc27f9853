import { type OnnxAttribute, type OnnxValue, writeOnnxModel } from "@heed/io";

/** A model of one operator and what it is fed. */
export interface OnnxProgram {
	readonly model: Uint8Array;
	readonly feeds: readonly OnnxFeed[];
	readonly results: readonly OnnxResult[];
}

/** An input of a model with its numbers. */
export interface OnnxFeed {
	/** Empty for an optional operand that is left out. */
	readonly name: string;
	readonly shape: readonly number[];
	readonly data: Float32Array;
}

/** An output of a model. */
export interface OnnxResult {
	readonly name: string;
	readonly shape: readonly number[];
	/** Puts the numbers into the order that the others have them in. */
	readonly arrange?: (data: Float32Array) => Float32Array;
	/** Left out of the comparison: a by-product. */
	readonly unchecked?: boolean;
}

/** The place of an optional operand that is left out. */
export const noFeed: OnnxFeed = { name: "", shape: [], data: new Float32Array(0) };

/** A program of one operator. */
export function onnxProgram(
	op: string,
	opset: number,
	attributes: Readonly<Record<string, OnnxAttribute>>,
	operands: readonly OnnxFeed[],
	results: readonly OnnxResult[],
): OnnxProgram {
	const feeds = operands.filter(({ name }) => name !== "");
	const value = ({ name, shape }: OnnxFeed | OnnxResult): OnnxValue => ({ name, dtype: "F32", shape });
	const model = writeOnnxModel({
		opset,
		inputs: feeds.map(value),
		outputs: results.map(value),
		nodes: [
			{ op, inputs: operands.map(({ name }) => name), outputs: results.map(({ name }) => name), attributes },
		],
	});
	return { model, feeds, results };
}
