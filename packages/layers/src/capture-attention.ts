import { HeedError } from "@heed/core";
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

/** A capture that runs, and whether its call has returned a promise that is not settled yet. */
interface RunningCapture {
	readonly records: AttentionRecord[];
	isWaiting: boolean;
}

// On the global object, so that two copies of this package still share one capture. The innermost one is the last.
const key = Symbol.for("heed.captures");
const holder = globalThis as { [key]?: RunningCapture[] };

function runningCaptures(): RunningCapture[] {
	holder[key] ??= [];
	return holder[key];
}

/** True inside {@link captureAttention}: a layer asks before it does the extra work of keeping its weights. */
export function isCapturing(): boolean {
	return runningCaptures().length > 0;
}

/**
 * Adds a record to the running capture; does nothing outside one. The weights are kept beyond the tidy of the caller,
 * who goes on owning the tensor that it passed.
 */
export function recordAttention(
	record: Omit<AttentionRecord, "meta"> & { meta?: AttentionRecord["meta"] },
): void {
	const records = runningCaptures().at(-1)?.records;
	if (records === undefined) return;
	const { kind, axes, weights } = record;
	if (axes.length !== weights.rank) {
		throw new HeedError(
			"SHAPE",
			"recordAttention",
			`${kind} names ${axes.length} axes (${axes.join(", ")}) for weights [${weights.shape.join(", ")}]; expected ${weights.rank}.`,
		);
	}
	records.push({ ...record, meta: record.meta ?? {}, weights: tf.keep(tf.clone(record.weights)) });
}

/**
 * Runs `call` and returns what it returned, together with one record per attention layer that ran. Layers keep weights
 * only while a capture runs; outside it their fused paths stay fused. Captures nest: the inner one gets the records. One
 * that waits for a promise must be awaited before the next begins, or nobody could tell whose records are whose.
 *
 * `tf.layers` runs a layer once for each of its outputs that a model needs. One with `returnAttention: true` whose output and
 * weights are both needed runs twice, and records twice; in `predict` the two are equal.
 *
 * The caller owns the recorded weights: read them with {@link attentionData}, free them with
 * {@link disposeAttention}. They do not carry gradients.
 *
 * When not to use it: around a training, since every step would keep its weights, and no path would be fused.
 *
 * @param call For instance `() => model.predict(x)`. May return a promise.
 * @throws HeedError `UNSUPPORTED` while another capture waits for its promise; and whatever `call` throws, after the
 *   records were freed.
 */
export function captureAttention<T>(call: () => Promise<T>): Promise<CapturedAttention<T>>;
export function captureAttention<T>(call: () => T): CapturedAttention<T>;
export function captureAttention<T>(
	call: () => T | Promise<T>,
): CapturedAttention<T> | Promise<CapturedAttention<T>> {
	const running = runningCaptures();
	if (running.at(-1)?.isWaiting) {
		throw new HeedError(
			"UNSUPPORTED",
			"captureAttention",
			"another capture still waits for its promise. Await it before you start the next.",
		);
	}
	const capture: RunningCapture = { records: [], isWaiting: false };
	const { records } = capture;
	const end = (): void => {
		running.splice(running.indexOf(capture), 1);
	};
	const fail = (error: unknown): never => {
		end();
		disposeAttention(records);
		throw error;
	};
	const finish = (result: T): CapturedAttention<T> => {
		end();
		return { result, records };
	};
	running.push(capture);
	try {
		const result = call();
		if (!isPromise(result)) return finish(result);
		capture.isWaiting = true;
		return Promise.resolve(result).then(finish, fail);
	} catch (error) {
		return fail(error);
	}
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
	return typeof (value as Promise<T> | undefined)?.then === "function";
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
