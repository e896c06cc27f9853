import { UserError } from "@heed/command-line";
import { describe, expect, it } from "vitest";
import { defaultsOf, resumedSettings, settingsFor, settingsOf } from "./settings.ts";

describe("settingsFor", () => {
	it("fills in the defaults of the task and passes over what is no setting", () => {
		const given = { units: 7, seed: 0, samples: 5, data: "a.tsv", pooling: undefined } as object;
		const { model, run } = defaultsOf("file");
		expect(settingsFor("file", given)).toEqual({
			model: { ...model, units: 7, seed: 0 },
			run: { ...run, samples: 5 },
		});
	});

	it("refuses what only structured pooling has, unless it is a mere default", () => {
		expect(() => settingsFor("brown", { pooling: "mean", hops: 4 })).toThrow(UserError);
		expect(() => settingsFor("brown", { pooling: "mean", hops: 4 })).toThrow(
			"--hops does not go with --pooling mean, only with --pooling structured. Leave it out.",
		);
		expect(() => settingsFor("file", { penalty: 0 })).toThrow("--penalty does not go with --pooling context");
		const given = { pooling: "structured", hops: 3, penalty: 0 };
		expect(settingsFor("file", given).model).toMatchObject(given);
	});
});

describe("resumedSettings", () => {
	const stored = { ...defaultsOf("brown").model, units: 7, seed: 0 };

	it("keeps what is stored, takes what may change", () => {
		const settings = resumedSettings({ settings: stored }, "brown", { units: 7, epochs: 99 }, "out/x");
		expect(settings).toEqual({ model: stored, run: { ...defaultsOf("brown").run, epochs: 99 } });
	});

	it("refuses what does not go with what is stored", () => {
		expect(() => resumedSettings({ settings: stored }, "brown", { hops: stored.hops }, "out/x")).toThrow(
			"--hops does not go with --pooling context",
		);
	});

	it("refuses another shape, another task and another seed", () => {
		const resume = (task: "brown" | "file", given: object) => () =>
			resumedSettings({ settings: stored }, task, given, "out/x");
		expect(resume("brown", { units: 8 })).toThrow(UserError);
		expect(resume("brown", { units: 8 })).toThrow(
			"out/x holds a checkpoint of another shape: --units is 7 there, 8",
		);
		expect(resume("brown", { flat: true })).toThrow("--flat is false there, true came");
		expect(resume("brown", { maxWords: 9 })).toThrow("--max-words is");
		expect(resume("brown", { seed: 1 })).toThrow("--seed is 0 there, 1 came");
		expect(resume("file", {})).toThrow("out/x holds a checkpoint of the Brown corpus: leave out --data");
	});
});

describe("settingsOf", () => {
	it("reads what was stored, and refuses what is none", () => {
		const { model } = defaultsOf("file");
		expect(settingsOf(JSON.parse(JSON.stringify(model)))).toEqual(model);
		expect(() => settingsOf({ ...model, hops: "4" })).toThrow("its settings have no `hops`");
		expect(() => settingsOf(null)).toThrow("its settings have no `task`");
		expect(() => settingsOf({ ...model, task: "tags" })).toThrow('its task is "tags"');
	});
});
