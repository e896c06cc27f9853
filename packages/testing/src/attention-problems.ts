import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { randomSource, randomTensor } from "./random.ts";

const share = fc.constantFrom(true, false);

const shapes = {
	batch: fc.integer({ min: 1, max: 3 }),
	keyHeads: fc.integer({ min: 1, max: 2 }),
	group: fc.integer({ min: 1, max: 4 }),
	queryLength: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 90 })),
	keyLength: fc.oneof(fc.integer({ min: 1, max: 11 }), fc.integer({ min: 1, max: 170 })),
	headDim: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(24, 32, 64)),
	valueDim: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(24, 32, 64)),
};

const options = {
	causal: fc.boolean(),
	queryOffset: fc.oneof(
		fc.integer({ min: -100, max: 100 }),
		fc.constant(0),
		fc.constant<number[]>([3, -5, 40]),
	),
	left: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 60 })),
	right: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 60 })),
	lengths: fc.option(fc.array(fc.integer({ min: 0, max: 170 }), { minLength: 3, maxLength: 3 })),
	mask: fc.option(fc.tuple(share, share, share, share)),
	bias: fc.option(fc.tuple(share, share, share, share)),
	hidingBias: fc.boolean(),
	sunk: fc.boolean(),
	softcap: fc.oneof(
		fc.constant(0),
		fc.double({ min: 0.5, max: 30, noNaN: true }),
		fc.constantFrom(1e-30, 1e-3, 1e4, 1e8),
	),
	rate: fc.constantFrom<number[]>(0, 0, 0.3, 0.9),
	scale: fc.double({ min: 0.01, max: 1, noNaN: true }),
	size: fc.constantFrom<number[]>(0.01, 1, 8),
	seed: fc.nat(),
};

/** A random problem with a random mix of options; sizes cross the borders of tiles and of blocks. */
export const attentionProblems = fc.record({ ...shapes, ...options });

/** The same mix for few queries over many keys, which are worked on in parts; windows and lengths leave out whole parts. */
export const decodeProblems = fc.record({
	...shapes,
	...options,
	queryLength: fc.integer({ min: 1, max: 4 }), // up to 32 rows share a key/value head
	keyLength: fc.oneof(fc.integer({ min: 256, max: 900 }), fc.constantFrom(256, 384, 512)),
	headDim: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(64, 129, 256)),
	valueDim: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(64, 129, 256)),
	queryOffset: fc.oneof(
		fc.integer({ min: 0, max: 900 }),
		fc.integer({ min: -3, max: 3 }),
		fc.constant<number[]>([600, -2, 255]),
	),
	left: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 400 })),
	right: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 400 })),
	lengths: fc.option(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 3, maxLength: 3 })),
});

/** The same mix for vectors of up to 256, the most that fused kernels take. */
export const wideProblems = fc.record({
	...shapes,
	...options,
	group: fc.integer({ min: 1, max: 2 }),
	queryLength: fc.integer({ min: 1, max: 40 }),
	keyLength: fc.integer({ min: 1, max: 70 }),
	headDim: fc.oneof(fc.integer({ min: 65, max: 256 }), fc.constantFrom(96, 128, 192, 256)),
	valueDim: fc.oneof(fc.integer({ min: 65, max: 256 }), fc.integer({ min: 1, max: 64 })),
});

/** One of {@link attentionProblems}. */
export type AttentionProblem = typeof attentionProblems extends fc.Arbitrary<infer T> ? T : never;

/** The inputs and attributes of the attention kernels for a problem; `present` lists the optional inputs that are there. */
export function attentionArguments(p: AttentionProblem): {
	readonly inputs: tf.NamedTensorMap;
	readonly attributes: Readonly<Record<string, number | boolean | readonly number[]>>;
	readonly present: string[];
} {
	const heads = p.keyHeads * p.group;
	const scores = [p.batch, heads, p.queryLength, p.keyLength];
	const broadcast = (shared: readonly boolean[]): number[] =>
		scores.map((size, axis) => (shared[axis] ? 1 : size));
	const make = (shape: number[], seed: number): tf.Tensor => randomTensor(shape, p.seed + seed, p.size);
	const optional: Record<string, tf.Tensor | undefined> = {
		mask: p.mask ? tf.greater(make(broadcast(p.mask), 3), -0.5 * p.size) : undefined,
		bias: p.bias ? biasOf(broadcast(p.bias), p) : undefined,
		keyLengths: p.lengths
			? tf.tensor1d(
					p.lengths.slice(0, p.batch).map((length) => Math.min(length, p.keyLength)),
					"int32",
				)
			: undefined,
		sinks: p.sunk ? make([heads], 5) : undefined,
	};
	const present = Object.keys(optional).filter((name) => optional[name] !== undefined);
	const absent = tf.scalar(0);
	return {
		present,
		inputs: {
			query: make([p.batch, heads, p.queryLength, p.headDim], 0),
			key: make([p.batch, p.keyHeads, p.keyLength, p.headDim], 1),
			value: make([p.batch, p.keyHeads, p.keyLength, p.valueDim], 2),
			...Object.fromEntries(Object.entries(optional).map(([name, tensor]) => [name, tensor ?? absent])),
		},
		attributes: {
			scale: p.scale / Math.sqrt(p.headDim),
			softcap: p.softcap,
			causal: p.causal,
			queryOffset: Array.isArray(p.queryOffset) ? p.queryOffset.slice(0, p.batch) : p.queryOffset,
			windowLeft: p.left,
			windowRight: p.right,
			dropoutRate: p.rate,
			dropoutSeed: p.seed,
			blocked: false,
			blockRows: 0,
		},
	};
}

/** Normal numbers, and where wanted some that hide their keys. */
function biasOf(shape: number[], { seed, hidingBias }: AttentionProblem): tf.Tensor {
	const random = randomSource(seed + 4);
	const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => {
		if (!hidingBias || random.uniform() < 0.8) return random.normal();
		return [-1e9, -1e30, -3.4e38, Number.NEGATIVE_INFINITY][random.integer(0, 3)] ?? 0;
	});
	return tf.tensor(values, shape);
}
