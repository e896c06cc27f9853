import * as tf from "@tensorflow/tfjs-core";

/** Where one layer call looked. */
export interface AttentionRecord {
	/** The name of the layer, as in `model.summary()`. */
	readonly layer: string;
	/** The mechanism, for instance `multiHeadAttention` or `bahdanauAttention`. */
	readonly kind: string;
	/** What the axes of `weights` mean, for instance `['batch', 'heads', 'query', 'key']`. */
	readonly axes: readonly string[];
	/** The weights, before dropout. The caller of {@link captureAttention} owns and disposes them. */
	readonly weights: tf.Tensor;
	/** What else a reader of the record may want to know. */
	readonly meta: Readonly<Record<string, unknown>>;
}

/** A record as plain numbers, which is what `@heed/viz` draws. */
export interface AttentionData extends Omit<AttentionRecord, "weights"> {
	readonly shape: readonly number[];
	/** Row-major. */
	readonly weights: Float32Array;
}

/** The result of a captured call with all that was recorded during it, in the order of the calls. */
export interface CapturedAttention<T> {
	readonly result: T;
	readonly records: AttentionRecord[];
}

// On the global object, so that two copies of this package still share one capture.
const key = Symbol.for("heed.capture");
const holder = globalThis as { [key]?: AttentionRecord[] | undefined };

/** True inside {@link captureAttention}: a layer asks before it does the extra work of keeping its weights. */
export function isCapturing(): boolean {
	return holder[key] !== undefined;
}

/**
 * Adds a record to the running capture; does nothing outside one. The weights are kept beyond the tidy of the caller,
 * who goes on owning the tensor that it passed.
 */
export function recordAttention(
	record: Omit<AttentionRecord, "meta"> & { meta?: AttentionRecord["meta"] },
): void {
	const records = holder[key];
	if (records === undefined) return;
	if (record.axes.length !== record.weights.rank) {
		throw new Error(
			`recordAttention: ${record.kind} names ${record.axes.length} axes (${record.axes.join(", ")}) for weights of rank ${record.weights.rank}.`,
		);
	}
	records.push({ ...record, meta: record.meta ?? {}, weights: tf.keep(tf.clone(record.weights)) });
}

/**
 * Runs `call` and returns what it returned, together with one record per attention layer that ran. Layers keep weights
 * only while a capture runs; outside it their fused paths stay fused. Captures nest: the inner one gets the records.
 *
 * The caller owns the recorded weights: read them with {@link attentionData}, free them with
 * {@link disposeAttention}. They do not carry gradients.
 *
 * @param call For instance `() => model.predict(x)`. May return a promise.
 */
export function captureAttention<T>(call: () => Promise<T>): Promise<CapturedAttention<T>>;
export function captureAttention<T>(call: () => T): CapturedAttention<T>;
export function captureAttention<T>(
	call: () => T | Promise<T>,
): CapturedAttention<T> | Promise<CapturedAttention<T>> {
	const outer = holder[key];
	const records: AttentionRecord[] = [];
	const fail = (error: unknown): never => {
		holder[key] = outer;
		disposeAttention(records);
		throw error;
	};
	const finish = (result: T): CapturedAttention<T> => {
		holder[key] = outer;
		return { result, records };
	};
	holder[key] = records;
	try {
		const result = call();
		return result instanceof Promise ? result.then(finish, fail) : finish(result);
	} catch (error) {
		return fail(error);
	}
}

/** Reads the weights of a record as plain numbers, for pictures and files. Works on every backend. */
export async function attentionData(record: AttentionRecord): Promise<AttentionData> {
	const { layer, kind, axes, weights, meta } = record;
	const data = Float32Array.from(await weights.data());
	return { layer, kind, axes, shape: [...weights.shape], weights: data, meta };
}

/** Frees the weights of records. */
export function disposeAttention(records: readonly AttentionRecord[]): void {
	tf.dispose(records.map(({ weights }) => weights));
}
