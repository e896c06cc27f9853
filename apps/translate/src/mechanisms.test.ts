import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { buildModel, lossOf } from "./build-model.ts";
import { learnCodec } from "./codec.ts";
import { attentionNames, libraryName, mechanismOf } from "./mechanisms.ts";
import { disposeBatch, pairBatch } from "./pair-batches.ts";
import { defaultsOf } from "./settings.ts";

const pair = { source: "4 mars 2021", target: "2021-03-04" };
const codec = learnCodec("dates", [pair], 1);
const settings = { ...defaultsOf("dates").model, units: 8, embedding: 5 };
const ids = { source: codec.encodeSource(pair.source), target: codec.encodeTarget(pair.target) };

describeOnEveryBackend("every mechanism", () => {
	it.each(attentionNames)(
		"%s has a gradient for each of its weights, and feeds where it can",
		(attention) => {
			const inputFeeding = mechanismOf(attention).afterCell;
			const model = buildModel({ ...settings, attention, inputFeeding }, codec);
			const batch = pairBatch([ids], [0]);
			const { value, grads } = tf.variableGrads(
				() => lossOf(model, batch, settings, 3),
				[...model.weights.values()],
			);
			expect(value.dataSync()[0]).toBeGreaterThan(0);
			const own = [...model.weights].filter(([name]) => name.startsWith("decoder/attention/"));
			expect(own.length > 0 || attention === "luong-dot").toBe(true);
			for (const [, variable] of own) {
				const largest = Math.max(...(grads[variable.name]?.dataSync() ?? []).map(Math.abs));
				expect(largest).toBeGreaterThan(0);
			}
			tf.dispose([value, grads]);
			disposeBatch(batch);
			model.dispose();
		},
	);

	it.each([
		[{ encoderCell: "qrnn", encoderLayers: 2 }, "encoder/1/backward/kernel", [2 * 16, 3 * 8]],
		[{ encoderCell: "lstm" }, "encoder/0/forward/kernel", [5, 4 * 8]],
		[{ cell: "lstm" }, "encoder/0/forward/kernel", [5, 4 * 8]],
		[{ selfAttention: true }, "encoder/0/attention/query/kernel", [16, 16]],
		[{ attention: "location-aware" }, "decoder/attention/location/filters", [31, 1, 10]],
		[{ attention: "location-aware-cumulative" }, "decoder/attention/location/filters", [31, 1, 10]],
		[{ attention: "location-aware-both" }, "decoder/attention/location/filters", [31, 2, 10]],
	] as const)("%o is in the model, and learns", (choice, name, shape) => {
		const model = buildModel({ ...settings, ...choice }, codec);
		expect([...model.weights.keys()]).toContain(name);
		const variable = model.weights.get(name) as tf.Variable;
		expect(variable.shape).toEqual(shape);
		const batch = pairBatch([ids], [0]);
		const { value, grads } = tf.variableGrads(() => lossOf(model, batch, settings, 3), [variable]);
		expect(Math.max(...(grads[variable.name]?.dataSync() ?? []).map(Math.abs))).toBeGreaterThan(0);
		tf.dispose([value, grads]);
		disposeBatch(batch);
		model.dispose();
	});

	it("draws and stops as the settings say", () => {
		const [loud, quiet, ofToken, ofSentence] = (
			[
				{ attention: "monotonic" },
				{ attention: "monotonic", noise: 0 },
				{ attention: "hard" },
				{ attention: "hard", reward: "sentence" },
			] as const
		).map((choice) => {
			const chosen = { ...settings, ...choice };
			const model = buildModel(chosen, codec);
			const batch = pairBatch([ids], [0]);
			const { value, grads } = tf.variableGrads(
				() => lossOf(model, batch, chosen, 3),
				[...model.weights.values()],
			);
			const name = model.weights.get("decoder/attention/query/kernel")?.name ?? "";
			const found = { loss: value.dataSync()[0], slope: [...(grads[name]?.dataSync() ?? [])] };
			tf.dispose([value, grads]);
			disposeBatch(batch);
			model.dispose();
			return found;
		});
		expect(quiet?.loss).not.toBe(loud?.loss);
		expect(ofSentence?.loss).toBe(ofToken?.loss);
		expect(ofSentence?.slope).not.toEqual(ofToken?.slope);
	});

	it("is told by its name in the library", () => {
		expect(libraryName("local-m")).toBe("kind local, alignment monotonic, scale");
		expect(libraryName("location-aware-both")).toBe("kind locationAware, alignments both");
		expect(new Set(attentionNames.map(libraryName)).size).toBe(attentionNames.length);
	});

	it("has one direction where the sizes must agree", () => {
		const directions = (attention: (typeof attentionNames)[number]): boolean => {
			const model = buildModel({ ...settings, attention }, codec);
			const both = [...model.weights.keys()].some((name) => name.includes("backward"));
			model.dispose();
			return both;
		};
		expect(attentionNames.filter((name) => !directions(name))).toEqual(["luong-dot"]);
	});
});
