import {
	alibiBias,
	applyRotary,
	checkChoice,
	checkNumber,
	checkOptions,
	HeedError,
	type QueryOffset,
	rotaryAngles,
	shawRelativeScores,
	shawRelativeValues,
	t5Bucket,
	t5RelativeBias,
} from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { ParameterScope } from "../parameters/parameters.ts";

/**
 * How a multi-head attention knows where its queries and keys stand.
 *
 * - `rotary`: turns queries and keys by their positions. `layout` half (default) or interleaved, `base` 10000, `scaling`
 *   1, `rotaryDim` the head's features. Su et al. 2021, https://arxiv.org/abs/2104.09864
 * - `alibi`: lowers scores with distance, at a rate per head. Press et al. 2021, https://arxiv.org/abs/2108.12409
 * - `t5`: a trained bias per head and bucket of distances. Raffel et al. 2019, https://arxiv.org/abs/1910.10683
 * - `shaw`: trained vectors for distances up to `maxDistance`, added to keys and values. Shaw et al. 2018,
 *   https://arxiv.org/abs/1803.02155
 */
export type PositionScheme =
	| {
			readonly kind: "rotary";
			readonly layout?: "half" | "interleaved" | undefined;
			readonly base?: number | undefined;
			readonly scaling?: number | undefined;
			readonly rotaryDim?: number | undefined;
	  }
	| { readonly kind: "alibi"; readonly maxBias?: number | undefined }
	| {
			readonly kind: "t5";
			readonly numBuckets?: number | undefined;
			readonly maxDistance?: number | undefined;
			readonly bidirectional?: boolean | undefined;
	  }
	| { readonly kind: "shaw"; readonly maxDistance: number };

/** What a scheme does at the places where it can act. */
export interface Positions {
	/** Turns queries or keys `[batch, heads, length, keyDim]` that stand at `offset` and after. */
	rotate(x: tf.Tensor4D, offset: QueryOffset): tf.Tensor4D;
	/** What is added to the scores, broadcast to `[batch, heads, queryLength, keyLength]`, if anything. */
	bias(query: tf.Tensor4D, keyLength: number, queryOffset: QueryOffset): tf.Tensor4D | undefined;
	/** What is added to the output `[batch, heads, queryLength, valueDim]`, from the weights; absent if nothing. */
	readonly values?: (weights: tf.Tensor4D, queryOffset: QueryOffset) => tf.Tensor4D;
}

const known = {
	rotary: ["layout", "base", "scaling", "rotaryDim"],
	alibi: ["maxBias"],
	t5: ["numBuckets", "maxDistance", "bidirectional"],
	shaw: ["maxDistance"],
};

/** What a scheme needs to know of its attention. */
interface HeadSizes {
	readonly numHeads: number;
	readonly keyDim: number;
	readonly valueDim: number;
	readonly scale: number;
}

/** Refuses a scheme that is none, before weights are made. */
export function checkPositionScheme(where: string, scheme: PositionScheme, keyDim?: number): void {
	checkChoice(where, "positions.kind", scheme.kind, Object.keys(known));
	const { kind, ...options } = scheme;
	checkOptions(`${where} positions '${kind}'`, options, known[kind]);
	if (scheme.kind === "shaw") {
		checkNumber(where, "positions.maxDistance", scheme.maxDistance, { integer: true, min: 1 });
	}
	if (scheme.kind === "t5") {
		const { numBuckets, maxDistance, bidirectional } = scheme;
		t5Bucket(0, { numBuckets, maxDistance, bidirectional }); // refuses buckets that cannot be shared out
	}
	if (scheme.kind === "rotary") {
		const { rotaryDim = keyDim, layout = "half" } = scheme;
		checkChoice(where, "positions.layout", layout, ["half", "interleaved"]);
		if (rotaryDim !== undefined) {
			const range = { integer: true, min: 2, ...(keyDim !== undefined && { max: keyDim }) };
			const name = scheme.rotaryDim === undefined ? "keyDim" : "positions.rotaryDim";
			checkNumber(where, name, rotaryDim, range);
			if (rotaryDim % 2 !== 0) {
				const message = `\`${name}\` ${rotaryDim} is odd; rotary positions turn features in pairs. Use an even number${name === "keyDim" ? ", or give `positions.rotaryDim`" : ""}.`;
				throw new HeedError("OPTION", where, message);
			}
		}
	}
}

/** The scheme with its weights, registered below `positions/`. */
export function makePositions(
	parameters: ParameterScope,
	scheme: PositionScheme | undefined,
	sizes: HeadSizes,
): Positions {
	const still: Positions = { rotate: (x) => x, bias: () => undefined };
	const { numHeads, keyDim, valueDim, scale } = sizes;
	switch (scheme?.kind) {
		case undefined:
			return still;
		case "rotary": {
			const { layout = "half", rotaryDim = keyDim, base = 10000, scaling = 1 } = scheme;
			return {
				...still,
				rotate(x, offset) {
					const angles = anglesFrom(offset, x.shape[2], rotaryDim, { base, scaling });
					return applyRotary(x, angles, { layout, rotaryDim });
				},
			};
		}
		case "alibi":
			return {
				...still,
				bias: (query, keyLength, queryOffset) =>
					alibiBias(numHeads, query.shape[2], keyLength, { maxBias: scheme.maxBias, queryOffset }),
			};
		case "t5": {
			const { numBuckets = 32, maxDistance, bidirectional } = scheme;
			const table = parameters.add<tf.Rank.R2>("positions/table", [numBuckets, numHeads], "smallNormal");
			return {
				...still,
				bias: (query, keyLength, queryOffset) =>
					t5RelativeBias(table, query.shape[2], keyLength, { maxDistance, bidirectional, queryOffset }),
			};
		}
		case "shaw": {
			const rows = 2 * scheme.maxDistance + 1;
			const keys = parameters.add<tf.Rank.R2>("positions/key", [rows, keyDim]);
			const values = parameters.add<tf.Rank.R2>("positions/value", [rows, valueDim]);
			return {
				...still,
				// The paper adds the vectors before scaling, the attention adds a bias after it.
				bias: (query, keyLength, queryOffset) =>
					tf.mul(shawRelativeScores(query, keys, { keyLength, queryOffset }), scale),
				values: (weights, queryOffset) => shawRelativeValues(weights, values, { queryOffset }),
			};
		}
	}
}

function anglesFrom(
	offset: QueryOffset,
	length: number,
	rotaryDim: number,
	options: { readonly base: number; readonly scaling: number },
): ReturnType<typeof rotaryAngles> {
	const [first = 0, ...others] = [offset].flat();
	if (others.every((other) => other === first)) {
		return rotaryAngles(length, rotaryDim, { ...options, offset: first });
	}
	const rows = [first, ...others].flatMap((start) => Array.from({ length }, (_, i) => start + i));
	return rotaryAngles(
		tf.tensor2d(rows, [rows.length / length, length], "int32") as never,
		rotaryDim,
		options,
	);
}
