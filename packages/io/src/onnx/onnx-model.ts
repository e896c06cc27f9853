import type { SafetensorsDtype, SafetensorsTensor } from "../safetensors/dtype.ts";

/** A model of ONNX: one graph of operators. */
export interface OnnxModel {
	/** Name of the graph. Default `graph`. */
	readonly name?: string | undefined;
	/** The version of the standard operators: `Attention` needs 23, most others are much older. */
	readonly opset: number;
	/** The versions of other sets of operators by domain, such as `{ "com.microsoft": 1 }`. */
	readonly domains?: Readonly<Record<string, number>> | undefined;
	/** What the caller feeds, in order. */
	readonly inputs: readonly OnnxValue[];
	/** What the caller gets, in order. */
	readonly outputs: readonly OnnxValue[];
	/** Constants, such as weights. */
	readonly initializers?: readonly OnnxInitializer[] | undefined;
	/** The operators, each after those whose results it takes. */
	readonly nodes: readonly OnnxNode[];
}

/** Name, element type and shape of an input or an output. */
export interface OnnxValue {
	readonly name: string;
	readonly dtype: SafetensorsDtype;
	/** Axis sizes; a name stands for one that is known when the model runs, the same wherever the name is. */
	readonly shape: readonly (number | string)[];
}

/** A constant with its name. */
export type OnnxInitializer = SafetensorsTensor & { readonly name: string };

/** One operator of the graph. */
export interface OnnxNode {
	/** The operator, as the standard spells it: `MatMul`. */
	readonly op: string;
	/** The set of operators that it is from. Default: the standard one. */
	readonly domain?: string | undefined;
	/** Names of its operands in the operator's order; an empty one leaves an optional operand out. */
	readonly inputs: readonly string[];
	/** New names for its results; an empty one leaves an optional result out. */
	readonly outputs: readonly string[];
	readonly attributes?: Readonly<Record<string, OnnxAttribute>> | undefined;
}

/** An attribute and its type, which the value alone does not tell: `{ int: 1 }` is not `{ float: 1 }`. */
export type OnnxAttribute =
	| { readonly int: number | bigint }
	| { readonly ints: readonly (number | bigint)[] }
	| { readonly float: number }
	| { readonly floats: readonly number[] }
	| { readonly text: string }
	| { readonly texts: readonly string[] }
	| { readonly tensor: SafetensorsTensor };
