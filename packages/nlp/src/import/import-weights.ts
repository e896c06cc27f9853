import { HeedError } from "@heed/core";
import { assignWeights } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** Weights of a file by their names there, for instance what a safetensors reader gives. The caller goes on owning them. */
export type NamedTensors = Readonly<Record<string, tf.Tensor>> | ReadonlyMap<string, tf.Tensor>;

/** How strict an import is. */
export interface ImportOptions {
	/** Refuse a file that lacks a weight, or has one that nobody reads. False: only report them. Default true. */
	readonly strict?: boolean | undefined;
}

/** A model that was made from a file. */
export interface Imported<Model> {
	readonly model: Model;
	/** Names of weights that the file lacks; the model has fresh ones in their place. Empty if the import is strict. */
	readonly missing: readonly string[];
	/** Names in the file that nobody read. Empty if the import is strict. */
	readonly unused: readonly string[];
}

/** Where a weight of a model stands in a file. */
export interface WeightSource {
	/** Its name there, without what all names begin with. */
	readonly name: string;
	/** The file has `[out, in]`. Default false. */
	readonly transpose?: boolean | undefined;
	/** It is this one of several that stand beside each other along the output. Default: it stands alone. */
	readonly part?: { readonly index: number; readonly of: number } | undefined;
}

/** Sources by the names of the weights in the model. */
export type WeightSources = Readonly<Record<string, WeightSource>>;

/** The weights of a file by names without what wrappers put before them. */
export class WeightFile {
	readonly #where: string;
	readonly #tensors = new Map<string, { readonly tensor: tf.Tensor; readonly name: string }>();

	/**
	 * @param prefixes What is taken off names that begin with it, in this order. `torch.compile` puts `_orig_mod.` before
	 *   them, and a model with a head the name of what is below the head.
	 * @throws HeedError `OPTION` for what holds no tensors, `VALUE` for two weights of one name.
	 */
	constructor(where: string, tensors: NamedTensors, prefixes: readonly string[]) {
		this.#where = where;
		if (typeof tensors !== "object" || tensors === null) {
			const message = `\`tensors\` is ${String(tensors)}; expected tensors by name.`;
			throw new HeedError("OPTION", where, message);
		}
		const entries = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
		for (const [name, tensor] of entries as [string, tf.Tensor][]) {
			if (!(tensor instanceof tf.Tensor)) {
				throw new HeedError("OPTION", where, `\`${name}\` is ${String(tensor)}; expected a tensor.`);
			}
			const short = [...wrappers, ...prefixes].reduce(
				(rest, prefix) => (rest.startsWith(prefix) ? rest.slice(prefix.length) : rest),
				name,
			);
			const taken = this.#tensors.get(short);
			if (taken !== undefined) {
				const message = `\`${taken.name}\` and \`${name}\` are the same weight, \`${short}\`. Leave one of them out.`;
				throw new HeedError("VALUE", where, message);
			}
			this.#tensors.set(short, { tensor, name });
		}
	}

	has(name: string): boolean {
		return this.#tensors.has(name);
	}

	/** The shape of a weight that says how large the model is. */
	shapeOf(name: string, axes: readonly string[]): number[] {
		const found = this.#tensors.get(name);
		if (found === undefined) {
			const names = listNames(
				"It has",
				[...this.#tensors.values()].map((entry) => entry.name),
				4,
			);
			const message = `there is no \`${name}\`. ${names || "It has no weights at all"}. Is this the right kind of file?`;
			throw new HeedError("VALUE", this.#where, message);
		}
		const { tensor, name: own } = found;
		if (tensor.rank === axes.length) return tensor.shape;
		const message = `\`${own}\` [${tensor.shape.join(", ")}] has rank ${tensor.rank}; expected [${axes.join(", ")}].`;
		throw new HeedError("SHAPE", this.#where, message);
	}

	/** How many of `prefix0.…`, `prefix1.…` there are, up to the first gap. */
	count(prefix: string): number {
		const numbers = new Set<number>();
		for (const name of this.#tensors.keys()) {
			if (name.startsWith(prefix)) numbers.add(Number.parseInt(name.slice(prefix.length), 10));
		}
		let count = 0;
		while (numbers.has(count)) count++;
		return count;
	}

	/**
	 * Makes a model and fills it.
	 *
	 * @param ignored Names of what is no weight or stands twice.
	 * @throws HeedError `VALUE` for missing and unused names if strict, before the model is made; `SHAPE`, after it is freed.
	 */
	load<Model extends { readonly weights: ReadonlyMap<string, tf.Variable>; dispose(): void }>(
		make: () => Model,
		sources: WeightSources,
		ignored: (name: string) => boolean,
		strict: boolean,
	): Imported<Model> {
		const wanted = Object.entries(sources);
		const read = new Set(wanted.map(([, { name }]) => name));
		const missing = [...read].filter((name) => !this.has(name));
		const unused = [...this.#tensors].filter(([short]) => !read.has(short) && !ignored(short));
		const left = unused.map(([, { name }]) => name);
		if (strict && missing.length + left.length > 0) {
			const parts = [listNames("the file lacks", missing), listNames("nobody reads", left)];
			const message = `${parts.filter(Boolean).join("; ")}. Is this the right kind of file? With \`strict\` false it is loaded all the same.`;
			throw new HeedError("VALUE", this.#where, message);
		}
		const model = make();
		try {
			const found = wanted.filter(([, { name }]) => this.has(name));
			const weights = new Map(found.map(([own]) => [own, model.weights.get(own) as tf.Variable] as const));
			tf.tidy(() => {
				const values = found.map(([own, source]) => [own, this.#value(source, weights.get(own))] as const);
				assignWeights(weights, Object.fromEntries(values));
			});
			return { model, missing, unused: left };
		} catch (error) {
			model.dispose();
			throw error;
		}
	}

	/** The value of one weight, laid out as the model has it. */
	#value({ name, transpose = false, part }: WeightSource, weight: tf.Variable | undefined): tf.Tensor {
		const { tensor, name: own } = this.#tensors.get(name) as { tensor: tf.Tensor; name: string };
		const target = weight?.shape ?? [];
		const { index = 0, of = 1 } = part ?? {};
		const wide = target.map((size, axis) => (axis === target.length - 1 ? size * of : size));
		const expected = transpose ? [...wide].reverse() : wide;
		if (tensor.shape.join() !== expected.join()) {
			throw new HeedError(
				"SHAPE",
				this.#where,
				`\`${own}\` is [${tensor.shape.join(", ")}]; expected [${expected.join(", ")}], by the other weights and the options.`,
			);
		}
		if (tensor.dtype !== "float32") {
			throw new HeedError("DTYPE", this.#where, `\`${own}\` is ${tensor.dtype}; expected float32.`);
		}
		const turned = transpose ? tf.transpose(tensor) : tensor;
		if (of === 1) return turned;
		const size = target.at(-1) ?? 0;
		const start = target.map((_, axis) => (axis === target.length - 1 ? index * size : 0));
		return tf.slice(turned, start, target);
	}
}

const wrappers = ["_orig_mod.", "module."];

/** `missing: a, b, c and 5 more`, or nothing. */
function listNames(what: string, names: readonly string[], most = 6): string {
	if (names.length === 0) return "";
	const shown = names.slice(0, most).map((name) => `\`${name}\``);
	const rest = names.length - shown.length;
	return `${what} ${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
