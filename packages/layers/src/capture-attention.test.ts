import { randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { describe, expect, test } from "vitest";
import { dotAttention } from "./attention/dot-attention.ts";
import {
	attentionData,
	captureAttention,
	disposeAttention,
	isCapturing,
	recordAttention,
} from "./capture-attention.ts";

describe("captureAttention", () => {
	useBackend("cpu");
	const attend = (layer: string): number => {
		tf.tidy(() => recordAttention({ layer, kind: "test", axes: ["query", "key"], weights: tf.ones([2, 3]) }));
		return 7;
	};

	test("returns the result and one record per call, whose weights outlive the tidy that made them", async () => {
		const { result, records } = captureAttention(() => attend("a") + attend("b"));
		expect(result).toBe(14);
		expect(records.map(({ layer }) => layer)).toEqual(["a", "b"]);
		const data = await attentionData(records[1] as (typeof records)[number]);
		expect(data).toEqual({
			layer: "b",
			kind: "test",
			axes: ["query", "key"],
			shape: [2, 3],
			weights: Float32Array.from([1, 1, 1, 1, 1, 1]),
			meta: {},
		});
		disposeAttention(records);
	});

	test("records nothing outside, and keeps nothing", () => {
		const before = tf.memory().numTensors;
		attend("outside");
		expect(isCapturing()).toBe(false);
		expect(tf.memory().numTensors).toBe(before);
	});

	test("waits for a promise", async () => {
		const captured = await captureAttention(async () => {
			await new Promise((resolve) => setTimeout(resolve, 1));
			expect(isCapturing()).toBe(true);
			return attend("late");
		});
		expect(captured.records).toHaveLength(1);
		expect(isCapturing()).toBe(false);
		disposeAttention(captured.records);
	});

	test("nests: the inner capture gets its own records", () => {
		const outer = captureAttention(() => {
			const inner = captureAttention(() => attend("inner"));
			attend("outer");
			disposeAttention(inner.records);
			return inner.records.map(({ layer }) => layer);
		});
		expect(outer.result).toEqual(["inner"]);
		expect(outer.records.map(({ layer }) => layer)).toEqual(["outer"]);
		disposeAttention(outer.records);
	});

	test("refuses to start while another one waits, and works again afterwards", async () => {
		const first = captureAttention(async () => {
			await new Promise((resolve) => setTimeout(resolve, 1));
			return attend("first");
		});
		expect(() => captureAttention(async () => attend("second"))).toThrow(
			"captureAttention: another capture still waits for its promise. Await it before you start the next.",
		);
		const { records } = await first;
		expect(records.map(({ layer }) => layer)).toEqual(["first"]);
		expect(isCapturing()).toBe(false);
		disposeAttention(records);
	});

	test("waits for anything that can be awaited", async () => {
		class Later {
			// biome-ignore lint/suspicious/noThenProperty: something to await that is no Promise is what is tested
			then(done: (value: number) => void): void {
				setTimeout(() => done(attend("later")), 1);
			}
		}
		const captured = await captureAttention(() => new Later() as unknown as Promise<number>);
		expect([captured.result, captured.records.length]).toEqual([7, 1]);
		disposeAttention(captured.records);
	});

	test("ends and frees its records when the call fails, at once or later", async () => {
		const before = tf.memory().numTensors;
		const fail = (): never => {
			attend("doomed");
			throw new Error("failed");
		};
		expect(() => captureAttention(fail)).toThrow("failed");
		await expect(captureAttention(async () => fail())).rejects.toThrow("failed");
		expect(isCapturing()).toBe(false);
		expect(tf.memory().numTensors).toBe(before);
	});

	test("refuses a record whose axes do not fit its weights", () => {
		const weights = randomTensor([2, 3], 1);
		expect(() =>
			captureAttention(() => recordAttention({ layer: "x", kind: "test", axes: ["key"], weights })),
		).toThrow("recordAttention: test names 1 axes (key) for weights [2, 3]; expected 2.");
		weights.dispose();
	});

	test("has one record for each time that tf.layers runs a layer, which is once for each output that a model needs", () => {
		const layer = dotAttention({ returnAttention: true, name: "look" });
		const [x, memory] = [input({ shape: [null, 5] }), input({ shape: [null, 5] })];
		const [output, weights] = layer.apply([x, memory]) as [SymbolicTensor, SymbolicTensor];
		const values = [randomTensor([2, 3, 5], 1), randomTensor([2, 7, 5], 2)];
		for (const [outputs, times] of [
			[[output], 1],
			[[weights], 1],
			[[output, weights], 2], // the host's executor goes by tensors, not by nodes
		] as const) {
			const network = model({ inputs: [x, memory], outputs: [...outputs] });
			const { result, records } = captureAttention(() => network.predict(values));
			expect(records.map((record) => record.layer)).toEqual(new Array(times).fill("look"));
			const [first, ...others] = records.map((record) => [...record.weights.dataSync()]);
			for (const other of others) expect(other).toEqual(first);
			tf.dispose([result, records.map((record) => record.weights)]);
		}
		tf.dispose(values);
	});
});
