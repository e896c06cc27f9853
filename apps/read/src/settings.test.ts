import { UserError } from "@heed/command-line";
import { describe, expect, it } from "vitest";
import { defaultsOf, resumedSettings, settingsFor } from "./settings.ts";

describe("settingsFor", () => {
	it("fills in the defaults of the task and passes over what is no setting", () => {
		const given = { units: 7, seed: 0, samples: 2, data: "a.tsv", reader: undefined } as object;
		const { model, run } = defaultsOf("file");
		expect(settingsFor("file", given)).toEqual({
			model: { ...model, units: 7, seed: 0 },
			run: { ...run, samples: 2 },
		});
	});
});

describe("resumedSettings", () => {
	const stored = { ...defaultsOf("stories").model, units: 7, seed: 0 };

	it("keeps what is stored, takes what may change", () => {
		const settings = resumedSettings({ settings: stored }, "stories", { units: 7, epochs: 99 }, "out/x");
		expect(settings).toEqual({ model: stored, run: { ...defaultsOf("stories").run, epochs: 99 } });
	});

	it("refuses another shape, another task and another seed", () => {
		const resume = (task: "stories" | "file", given: object) => () =>
			resumedSettings({ settings: stored }, task, given, "out/x");
		expect(resume("stories", { units: 8 })).toThrow(UserError);
		expect(resume("stories", { units: 8 })).toThrow(
			"out/x holds a checkpoint of another shape: --units is 7 there, 8",
		);
		expect(resume("stories", { learningRate: 1 })).toThrow("--learning-rate is");
		expect(resume("stories", { reader: "impatient" })).toThrow("--model is attention-over-attention there");
		expect(resume("stories", { seed: 1 })).toThrow("--seed is 0 there, 1 came");
		expect(resume("file", {})).toThrow("out/x holds a checkpoint of stories: leave out --data");
	});
});
