import { describe, expect, it } from "vitest";
import { defaultsOf, resumedSettings, settingsFor } from "./settings.ts";
import { UserError } from "./user-error.ts";

describe("settingsFor", () => {
	it("fills in the defaults of the task and passes over what is no setting", () => {
		const given = { units: 7, seed: 0, beam: 2, data: "a.tsv", attention: undefined } as object;
		const { model, run } = defaultsOf("pairs");
		expect(settingsFor("pairs", given)).toEqual({
			model: { ...model, units: 7, seed: 0 },
			run: { ...run, beam: 2 },
		});
	});
});

describe("resumedSettings", () => {
	const stored = { ...defaultsOf("dates").model, units: 7, seed: 0 };

	it("keeps what is stored, takes what may change", () => {
		const settings = resumedSettings(stored, "dates", { units: 7, epochs: 99 }, "out/x");
		expect(settings).toEqual({ model: stored, run: { ...defaultsOf("dates").run, epochs: 99 } });
	});

	it("refuses another shape, another task and another seed", () => {
		const resume = (task: "dates" | "pairs", given: object) => () =>
			resumedSettings(stored, task, given, "out/x");
		expect(resume("dates", { units: 8 })).toThrow(UserError);
		expect(resume("dates", { units: 8 })).toThrow(
			"out/x holds a checkpoint of another shape: --units is 7 there, 8",
		);
		expect(resume("dates", { learningRate: 1 })).toThrow("--learning-rate is");
		expect(resume("dates", { seed: 1 })).toThrow("--seed is 0 there, 1 came");
		expect(resume("pairs", {})).toThrow("out/x holds a checkpoint of dates: leave out --data");
	});
});
