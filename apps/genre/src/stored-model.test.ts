import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { learnCodec } from "./codec.ts";
import { defaultsOf } from "./settings.ts";
import { loadWeights, modelFile, readModel, type Variables, writeModel } from "./stored-model.ts";
import { UserError } from "./user-error.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-genre-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const settings = { ...defaultsOf("file").model, units: 7, seed: 0 };
const codec = learnCodec([{ document: "1", label: "a", sentences: [["March", "4"]] }], 1);
const variables = (kernel: number[][], bias: number[]): Variables =>
	new Map<string, tf.Variable>([
		["kernel", tf.variable(tf.tensor2d(kernel))],
		["bias", tf.variable(tf.tensor1d(bias))],
	]);

describe("a stored model", () => {
	useBackend("cpu");

	it("comes back as it was", async () => {
		await writeModel(folder, settings, codec, variables([[1, 2, 3]], [4]));
		const stored = await readModel(folder);
		expect(stored.settings).toEqual(settings);
		expect(stored.codec.labels).toEqual(["a"]);
		expect(stored.codec.encode([["march", "4", "x"]])).toEqual(codec.encode([["march", "4", "x"]]));
		const model = variables([[0, 0, 0]], [0]);
		loadWeights(model, stored.weights, folder);
		expect([...(model.get("kernel")?.dataSync() ?? [])]).toEqual([1, 2, 3]);
	});

	it("refuses a model of another shape and changes no weight then", async () => {
		await writeModel(folder, settings, codec, variables([[1, 2, 3]], [4]));
		const { weights } = await readModel(folder);
		const other = variables([[0, 0]], [0]);
		const load = (model: Variables) => () => loadWeights(model, weights, "out/x");
		expect(load(other)).toThrow(UserError);
		expect(load(other)).toThrow(
			"out/x is a checkpoint of another shape: weight kernel is [1, 3], the model has [1, 2]",
		);
		expect([...(other.get("bias")?.dataSync() ?? [])]).toEqual([0]);
		const [kernel, bias] = [...variables([[0, 0, 0]], [0])];
		if (!kernel || !bias) throw new Error("unreachable");
		expect(load(new Map([kernel]))).toThrow("weight bias is unknown");
		expect(load(new Map([kernel, bias, ["more", kernel[1]]]))).toThrow("weight more is missing");
	});

	it("refuses a folder without a model", async () => {
		await expect(readModel(join(folder, "absent"))).rejects.toThrow(UserError);
		await expect(readModel(join(folder, "absent"))).rejects.toThrow("absent holds no model. Train one with");
	});

	it("refuses a damaged file, cut anywhere", async () => {
		await writeModel(folder, settings, codec, variables([[1, 2, 3]], [4]));
		const path = join(folder, modelFile);
		const whole = readFileSync(path);
		for (const size of [0, 7, 60, whole.length - 1]) {
			writeFileSync(path, whole.subarray(0, size));
			await expect(readModel(folder)).rejects.toThrow(`${path} is damaged`);
		}
	});

	it("refuses metadata of something else", async () => {
		const path = join(folder, modelFile);
		await writeModel(folder, settings, codec, variables([[1]], [4]));
		const text = readFileSync(path, "latin1");
		for (const [from, to, message] of [
			["vocabularies", "vocabularyyy", "it has no list of labels"],
			['"units\\"', '"unitz\\"', "its settings have no `units`"],
			['\\"file', '\\"filo', 'its task is "filo"'],
		] as const) {
			writeFileSync(path, text.replace(from, to), "latin1");
			await expect(readModel(folder)).rejects.toThrow(UserError);
			await expect(readModel(folder)).rejects.toThrow(message);
		}
	});
});
