import { UserError } from "@heed/command-line";
import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import {
	type Actions,
	type CompareOptions,
	createProgram,
	type RunOptions,
	type TrainOptions,
} from "./options.ts";
import { defaultsOf, resumedSettings, settingsFor, settingsOf } from "./settings.ts";

interface Seen {
	train?: TrainOptions;
	compare?: CompareOptions;
	run?: [readonly string[], RunOptions];
}

async function parse(...args: string[]): Promise<Seen> {
	const seen: Seen = {};
	const actions: Actions = {
		train: async (options) => {
			seen.train = options;
		},
		compare: async (options) => {
			seen.compare = options;
		},
		run: async (files, options) => {
			seen.run = [files, options];
		},
	};
	await createProgram("1.2.3", actions).parseAsync(args, { from: "user" });
	return seen;
}

describe("the command line", () => {
	it("leaves out what was not given, and reads what was", async () => {
		expect((await parse("train")).train).toEqual({ backend: "wasm" });
		const args = "--data d --attention Non-Local --place block --names a,b --limit 0 --seed 0 --resume".split(
			" ",
		);
		expect((await parse("train", ...args)).train).toEqual({
			...{ backend: "wasm", data: "d", attention: "non-local", place: "block" },
			...{ names: ["a", "b"], limit: 0, seed: 0, resume: true },
		});
		const { compare } = await parse("compare", "--attentions", "none, scSE,none", "--seeds", "3,0");
		expect(compare).toEqual({ attentions: ["none", "scse"], seeds: [3, 0], backend: "wasm" });
		expect((await parse("compare")).compare?.attentions).toHaveLength(7);
		const run = await parse("run", "a.png", "b.png", "--no-invert");
		expect(run.run).toEqual([["a.png", "b.png"], { samples: 4, seed: 1, invert: false, backend: "wasm" }]);
		expect((await parse("run")).run?.[1].invert).toBeUndefined();
	});

	it("refuses what is none", async () => {
		await expect(parse("train", "--attention", "eac")).rejects.toThrow(UserError);
		await expect(parse("train", "--attention", "eac")).rejects.toThrow("Did you mean eca?");
		await expect(parse("compare", "--attentions", ",")).rejects.toThrow("',' is an empty list");
		await expect(parse("compare", "--seeds", "1,x")).rejects.toThrow(CommanderError);
		await expect(parse("train", "--place", "roof")).rejects.toThrow("Allowed choices are block, stage.");
	});
});

describe("settings", () => {
	it("place an attention where its paper has it, unless something else is said", () => {
		expect(settingsFor("digits", { attention: "bam" }).model).toMatchObject({
			attention: "bam",
			place: "stage",
		});
		expect(settingsFor("files", { attention: "bam", place: "block" }).model.place).toBe("block");
		const { model } = defaultsOf("files");
		expect(settingsOf(JSON.parse(JSON.stringify(model)))).toEqual(model);
		expect(() => settingsOf({ ...model, attention: "x" })).toThrow('its attention is "x"; expected none, se');
	});

	it("stay those of a training that goes on", () => {
		const stored = settingsFor("files", { attention: "bam", epochs: 9 }).model;
		expect(resumedSettings({ settings: stored }, "files", { epochs: 7 }, "out/x").run.epochs).toBe(7);
		expect(() => resumedSettings({ settings: stored }, "files", { attention: "se" }, "out/x")).toThrow(
			"--attention is bam there, se came",
		);
		expect(() => resumedSettings({ settings: stored }, "digits", {}, "out/x")).toThrow(
			"give its --data again",
		);
	});
});
