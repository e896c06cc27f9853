import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useBackend } from "@heed/testing";
import type { JsonValue, TrainingState } from "@heed/train";
import { saveCheckpoint } from "@heed/train/node";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../program/errors.ts";
import { readSettings } from "../settings/settings.ts";
import { countWeights, loadWeights, type Variables } from "./load-weights.ts";
import { outputFolder } from "./output-folder.ts";
import { Store, type StoreOptions } from "./store.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-command-line-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const settings = { task: "words", units: 7, seed: 0 };
const codec: readonly string[] = ["a", "märz"];
const state: Omit<TrainingState, "config"> = {
	...{ epoch: 2, index: 0, step: 6, seed: 5, batches: 3, running: {}, history: [] },
	weights: new Map(),
	optimizer: { kind: "Adam", iterations: 6, tensors: new Map() },
};
const options: StoreOptions<typeof settings, readonly string[]> = {
	program: "spell",
	settingsOf: (json) => readSettings(json, { like: settings, choices: { task: ["words", "spans"] } }),
	codecJson: (words: readonly string[]) => ({ words }),
	readCodec: (json: { words?: unknown }, { units }) => {
		if (Array.isArray(json.words) && units > 0) return json.words as readonly string[];
		throw new Error("this is no vocabulary.");
	},
};
const store = new Store(options);
const variables = (kernel: number[][], bias: number[]): Variables =>
	new Map<string, tf.Variable>([
		["kernel", tf.variable(tf.tensor2d(kernel))],
		["bias", tf.variable(tf.tensor1d(bias))],
	]);

describe("a stored model", () => {
	useBackend("cpu");

	it("comes back as it was", async () => {
		await store.writeModel(folder, settings, codec, variables([[1, 2, 3]], [4]));
		const stored = await store.readModel(folder);
		expect(stored.settings).toEqual(settings);
		expect(stored.codec).toEqual(codec);
		const model = variables([[0, 0, 0]], [0]);
		loadWeights(model, stored);
		expect(countWeights({ weights: model })).toBe(4);
		expect([...(model.get("kernel")?.dataSync() ?? [])]).toEqual([1, 2, 3]);
	});

	it("refuses a model of another shape and changes no weight then", async () => {
		await store.writeModel(folder, settings, codec, variables([[1, 2, 3]], [4]));
		const { weights } = await store.readModel(folder);
		const other = variables([[0, 0]], [0]);
		const load = (model: Variables) => () => loadWeights(model, { weights, path: "out/x" });
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
		await expect(store.readModel(join(folder, "absent"))).rejects.toThrow(UserError);
		await expect(store.readModel(join(folder, "absent"))).rejects.toThrow(
			"absent holds no model. Train one with",
		);
		await expect(store.readModel("out/a b", { backend: "cpu" })).rejects.toThrow(
			"Train one with: pnpm spell train --out 'out/a b' --backend cpu",
		);
	});

	it("names the models inside a folder without one, or beside one that is not there", async () => {
		const out = join(folder, "compared");
		const write = (name: string, by = store): Promise<void> => {
			mkdirSync(join(out, name), { recursive: true });
			return by.writeModel(join(out, name), settings, codec, variables([[1]], [4]));
		};
		for (const name of ["none-10", "none-2", "se-1", "none-2/deeper"]) await write(name);
		await write("none-other", new Store({ ...options, program: "count" }));
		mkdirSync(join(out, "none-empty"));
		mkdirSync(join(out, "none-damaged"));
		writeFileSync(outputFolder(join(out, "none-damaged")).model, "precious");
		const message = (name: string): Promise<string> =>
			store.readModel(`${out}/${name}`).then(
				() => "",
				(error: Error) => error.message.replaceAll(out, "o"),
			);
		expect(await message("none")).toBe("o/none holds no model; these do: o/none-2, o/none-10");
		expect(await message("se/")).toBe("o/se/ holds no model; these do: o/se-1");
		expect(await message("")).toBe("o/ holds no model; these do: o/none-2, o/none-10, o/se-1");
		for (const name of ["none-empty", "eca", "absent/none"])
			expect(await message(name)).toContain(`o/${name} holds no model. Train one with: `);
		for (let i = 3; i < 8; i++) await write(`none-${i}`);
		const first = [2, 3, 4, 5, 6, 7].map((i) => `o/none-${i}`).join(", ");
		expect(await message("none")).toBe(`o/none holds no model; these do: ${first}, …`);
	});

	it("refuses a damaged file, cut anywhere", async () => {
		await store.writeModel(folder, settings, codec, variables([[1, 2, 3]], [4]));
		const path = outputFolder(folder).model;
		const whole = readFileSync(path);
		for (const size of [0, 7, 60, whole.length - 1]) {
			writeFileSync(path, whole.subarray(0, size));
			await expect(store.readModel(folder)).rejects.toThrow(`${path} is damaged`);
		}
	});

	it("refuses metadata of something else", async () => {
		const path = outputFolder(folder).model;
		await store.writeModel(folder, settings, codec, variables([[1]], [4]));
		const text = readFileSync(path, "latin1");
		for (const [from, to, message] of [
			["vocabularies", "vocabularyyy", "this is no vocabulary"],
			['"units\\"', '"unitz\\"', "its settings have no `units`"],
			['\\"words', '\\"wordz', 'its task is "wordz"'],
		] as const) {
			writeFileSync(path, text.replace(from, to), "latin1");
			await expect(store.readModel(folder)).rejects.toThrow(UserError);
			await expect(store.readModel(folder)).rejects.toThrow(message);
		}
	});

	it("goes on with a checkpoint, and refuses one that is damaged or of something else", async () => {
		const path = outputFolder(folder).checkpoint;
		const write = (config: JsonValue): Promise<void> => saveCheckpoint(path, { ...state, config });
		await write(store.checkpointConfig({ model: settings, run: {} }, codec));
		const stored = await store.readTraining(path);
		expect(stored).toMatchObject({ settings, codec, state: { epoch: 2, seed: 5 } });
		for (const [config, message] of [
			[{ settings }, `${path} cannot be resumed: this is no vocabulary.`],
			[{ vocabularies: { words: [] } }, "its settings have no `task`"],
		] as const) {
			await write(config);
			await expect(store.readTraining(path)).rejects.toThrow(UserError);
			await expect(store.readTraining(path)).rejects.toThrow(message);
		}
		writeFileSync(path, "precious");
		await expect(store.readTraining(path)).rejects.toThrow(`${path} cannot be resumed`);
		rmSync(outputFolder(folder).model);
		await expect(store.readModel(folder)).rejects.toThrow(
			`${folder} holds a training that has not ended. Go on with: pnpm spell train --resume --out ${folder}`,
		);
	});
});
