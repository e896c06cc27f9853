import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, checkShape, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { disposeCache, type KeyValueCache } from "./key-value-cache.ts";

/** Options of {@link appendToCache}. */
export interface AppendOptions {
	/** How many of the new positions count, per batch item: the first ones. Default: all. */
	readonly lengths?: readonly number[] | undefined;
	/**
	 * Takes the given cache over: its tensors are disposed, and where the backend can, the new positions are written into
	 * them, so that a step costs what is new and not what is there. Nobody else may use the given cache afterwards.
	 * Default false.
	 */
	readonly consume?: boolean | undefined;
}

/**
 * Name of a kernel that a backend may offer: `cache` `[batch, kvHeads, capacity, size]` with the first `counts[item]`
 * positions of `fresh` written from `starts[item]` on, in place unless somebody else holds the numbers. There is no
 * composition behind it; whoever runs it looks first whether the backend has it.
 */
export const CACHE_APPEND = "HeedCacheAppend";

const where = "appendToCache";
const axes = ["batch", "kvHeads", "newLength", "size"] as const;

/** Where new positions go: per item, from `starts[item]` on, the first `counts[item]` of them. */
export interface CachePlacement {
	readonly starts: readonly number[];
	readonly counts: readonly number[];
}

/** Positions `from` to `to` of the items that `x` holds, or nothing. */
function positions(x: tf.Tensor4D, from: number, to: number): tf.Tensor4D[] {
	return to > from ? [tf.slice(x, [0, 0, from, 0], [-1, -1, to - from, -1])] : [];
}

function replace(old: tf.Tensor4D, fresh: tf.Tensor4D, start: number, count: number): tf.Tensor4D {
	const end = start + count;
	const parts = [
		...positions(old, 0, start),
		...positions(fresh, 0, count),
		...positions(old, end, old.shape[2]),
	];
	return tf.concat(parts, 2);
}

function place(old: tf.Tensor4D, fresh: tf.Tensor4D, { starts, counts }: CachePlacement): tf.Tensor4D {
	const [start = 0] = starts;
	const [count = 0] = counts;
	const [batch, , capacity] = old.shape;
	if (starts.every((other) => other === start) && counts.every((other) => other === count)) {
		return replace(old, fresh, start, count);
	}
	if (fresh.shape[2] === 1) {
		const hits = starts.flatMap((at, item) =>
			Array.from({ length: capacity }, (_, i) => i === at && counts[item] === 1),
		);
		return tf.where(tf.tensor4d(hits, [batch, 1, capacity, 1], "bool"), fresh, old) as tf.Tensor4D;
	}
	const items = starts.map((at, item) =>
		replace(tf.slice(old, item, 1), tf.slice(fresh, item, 1), at, counts[item] ?? 0),
	);
	return tf.concat(items, 0);
}

/**
 * A cache that holds more positions, behind those of the given one.
 *
 * ```text
 * cache.key:  k0 k1 k2 ·  ·       →       k0 k1 k2 k3 ·
 * ```
 *
 * tfjs's tensors cannot be written to, so all of both is copied: batch · kvHeads · capacity · (headDim + valueDim) floats
 * per call, whatever the length, unless the given cache may be consumed. Otherwise it stays as it is; dispose it when it is no
 * longer needed. Differentiable in the new keys and values, if nothing is consumed.
 *
 * @param key `[batch, kvHeads, newLength, headDim]`, float32.
 * @param value `[batch, kvHeads, newLength, valueDim]`, float32.
 * @throws HeedError if the shapes do not fit the cache, or the capacity is exceeded.
 */
export function appendToCache(
	cache: KeyValueCache,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	options: AppendOptions = {},
): KeyValueCache {
	checkOptions(where, options, ["lengths", "consume"]);
	const [batch, kvHeads, capacity, headDim] = cache.key.shape;
	const cached = describeShape("cache.key", cache.key.shape, ["batch", "kvHeads", "capacity", "headDim"]);
	checkShape(where, "key", key, axes, [batch, kvHeads, null, headDim], cached);
	const expected = [batch, kvHeads, key.shape[2], cache.value.shape[3]];
	checkShape(where, "value", value, axes, expected, `the cache and ${describeShape("key", key.shape, axes)}`);
	checkDtype(where, "key", key, "float32");
	checkDtype(where, "value", value, "float32");
	const { lengths: counts = cache.lengths.map(() => key.shape[2]), consume = false } = options;
	if (typeof consume !== "boolean") {
		throw new HeedError("OPTION", where, `\`consume\` is ${String(consume)}; expected true or false.`);
	}
	if (counts.length !== batch) {
		const message = `\`lengths\` has ${counts.length} numbers; expected one per batch item, ${batch}.`;
		throw new HeedError("OPTION", where, message);
	}
	counts.forEach((count, item) => {
		checkNumber(where, `lengths[${item}]`, count, { integer: true, min: 0, max: key.shape[2] });
		const held = cache.lengths[item] ?? 0;
		if (held + count <= capacity) return;
		const message = `batch item ${item} holds ${held} of capacity ${capacity}, and ${count} more do not fit. Create the cache with a \`capacity\` of ${held + count} or more, or start over with resetCache.`;
		throw new HeedError("VALUE", where, message);
	});
	const placement = { starts: cache.lengths, counts };
	const put = consume ? placeInto : place;
	const appended = {
		key: tf.tidy(() => put(cache.key, key, placement)),
		value: tf.tidy(() => put(cache.value, value, placement)),
		lengths: cache.lengths.map((held, item) => held + (counts[item] ?? 0)),
	};
	if (consume) disposeCache(cache);
	return appended;
}

/** Uses the backend's kernel if it has one. */
function placeInto(old: tf.Tensor4D, fresh: tf.Tensor4D, placement: CachePlacement): tf.Tensor4D {
	if (tf.getKernel(CACHE_APPEND, tf.getBackend()) === undefined) return place(old, fresh, placement);
	return tf
		.engine()
		.runKernel(CACHE_APPEND, { cache: old, fresh }, { ...placement } as unknown as tf.NamedAttrMap);
}
