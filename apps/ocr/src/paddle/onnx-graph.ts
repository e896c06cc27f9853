import type { OnnxModel, OnnxNode, SafetensorsTensor } from "@heed/io";
import * as tf from "@tensorflow/tfjs-core";

/** The operators of a network, found by what they make and by what they take. */
export class OnnxGraph {
	readonly #makers = new Map<string, OnnxNode>();
	readonly #takers = new Map<string, OnnxNode[]>();
	readonly #constants = new Map<string, SafetensorsTensor>();

	constructor({ nodes, initializers = [] }: OnnxModel) {
		for (const tensor of initializers) this.#constants.set(tensor.name, tensor);
		for (const node of nodes) {
			const value = node.attributes?.value;
			if (node.op === "Constant" && value !== undefined && "tensor" in value) {
				this.#constants.set(node.outputs[0] ?? "", value.tensor);
				continue;
			}
			for (const name of node.outputs) this.#makers.set(name, node);
			for (const name of node.inputs) {
				const takers = this.#takers.get(name) ?? [];
				takers.push(node);
				this.#takers.set(name, takers);
			}
		}
	}

	/** The operator that makes a value; nothing for constants and for what is fed. */
	makerOf(name: string): OnnxNode | undefined {
		return this.#makers.get(name);
	}

	/** The operators that take a value, first those that come first. */
	takersOf(name: string): readonly OnnxNode[] {
		return this.#takers.get(name) ?? [];
	}

	/** Whether a name is that of a constant. */
	isConstant(name: string): boolean {
		return this.#constants.has(name);
	}

	/**
	 * The numbers of a constant.
	 *
	 * @throws Error for a name that is none, or that of no float32.
	 */
	constant(name: string): { readonly shape: readonly number[]; readonly data: Float32Array } {
		const found = this.#constants.get(name);
		if (found?.dtype !== "F32") throw new Error(`the network has no weights ${name}.`);
		return found;
	}

	/** A constant as a tensor, its axes in the order given. */
	tensor(name: string, order?: readonly number[]): tf.Tensor {
		const { shape, data } = this.constant(name);
		return tf.tidy(() => {
			const tensor = tf.tensor(data, [...shape], "float32");
			return order === undefined ? tensor : tf.transpose(tensor, [...order]);
		});
	}
}

/** Whole numbers of an attribute, or what stands for them where it is absent. */
export function ints({ attributes = {} }: OnnxNode, name: string, absent: readonly number[] = []): number[] {
	const value = attributes[name];
	if (value === undefined) return [...absent];
	if ("ints" in value) return value.ints.map(Number);
	return "int" in value ? [Number(value.int)] : [];
}

/** The number of an attribute, or what stands for it where it is absent. */
export function number({ attributes = {} }: OnnxNode, name: string, absent: number): number {
	const value = attributes[name];
	if (value === undefined) return absent;
	if ("float" in value) return value.float;
	return "int" in value ? Number(value.int) : absent;
}
