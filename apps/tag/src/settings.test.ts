import { UserError } from "@heed/command-line";
import { describe, expect, it } from "vitest";
import { defaultsOf, resumedSettings, settingsFor, settingsOf, type Task } from "./settings.ts";

describe("settingsFor", () => {
	it("fills in the defaults of the task and passes over what is no setting", () => {
		const given = { units: 7, seed: 0, samples: 9, crf: false, data: "a.tsv", heads: undefined } as object;
		const { model, run } = defaultsOf("spans");
		expect(settingsFor("spans", given)).toEqual({
			model: { ...model, units: 7, seed: 0, crf: false },
			run: { ...run, samples: 9 },
		});
	});

	it("refuses what nothing would read, unless it is a mere default", () => {
		const given = { selfAttention: false, heads: 4 };
		expect(() => settingsFor("words", given)).toThrow(UserError);
		expect(() => settingsFor("words", given)).toThrow(
			"--heads does not go with --no-self-attention. Leave one of them out.",
		);
		expect(settingsFor("words", { selfAttention: false }).model.selfAttention).toBe(false);
		expect(settingsFor("words", { heads: 2, wordColumn: 1 }).model).toMatchObject({
			heads: 2,
			wordColumn: 1,
		});
		expect(() => settingsFor("brown", { wordColumn: 1 })).toThrow("--word-column goes with --data. Leave it");
		expect(() => settingsFor("brown", { tagColumn: 0 })).toThrow("--tag-column goes with --data");
	});
});

describe("resumedSettings", () => {
	const stored = { ...defaultsOf("words").model, units: 7, seed: 0 };

	it("keeps what is stored, takes what may change", () => {
		const settings = resumedSettings({ settings: stored }, "words", { units: 7, epochs: 99 }, "out/x");
		expect(settings).toEqual({ model: stored, run: { ...defaultsOf("words").run, epochs: 99 } });
	});

	it("refuses what does not go with what is stored", () => {
		const settings = { ...stored, selfAttention: false };
		expect(() => resumedSettings({ settings }, "words", { heads: 4 }, "out/x")).toThrow(
			"--heads does not go with --no-self-attention",
		);
	});

	it("refuses another shape, another task and another seed", () => {
		const resume = (task: Task, given: object) => () =>
			resumedSettings({ settings: stored }, task, given, "out/x");
		expect(resume("words", { units: 8 })).toThrow(UserError);
		expect(resume("words", { units: 8 })).toThrow("another shape: --units is 7 there, 8 came");
		expect(resume("words", { selfAttention: false })).toThrow("--self-attention is true there, false came");
		expect(resume("words", { seed: 1 })).toThrow("--seed is 0 there, 1 came");
		expect(resume("brown", {})).toThrow("out/x holds a checkpoint of tagged words: give its --data again");
	});
});

describe("settingsOf", () => {
	it("reads what was stored, and says what is missing", () => {
		const { model } = defaultsOf("spans");
		expect(settingsOf(JSON.parse(JSON.stringify(model)))).toEqual(model);
		expect(() => settingsOf({ ...model, crf: "yes" })).toThrow("its settings have no `crf`");
		expect(() => settingsOf(null)).toThrow("its settings have no `task`");
		expect(() => settingsOf({ ...model, task: "dates" })).toThrow('its task is "dates"');
	});
});
