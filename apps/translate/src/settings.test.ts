import { UserError } from "@heed/command-line";
import { describe, expect, it } from "vitest";
import { defaultsOf, modelName, modelTitle, resumedSettings, settingsFor, settingsOf } from "./settings.ts";

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

describe("settingsFor", () => {
	it.each([
		["pairs", { model: "transformer" }, 0.001],
		["pairs", { attention: "multi-head" }, 0.001],
		["pairs", { selfAttention: true }, 0.001],
		["pairs", { model: "convolutional" }, 0.001],
		["pairs", { model: "transformer", learningRate: 0.003 }, 0.003],
		["pairs", { attention: "luong" }, 0.003],
		["dates", { model: "transformer" }, 0.003],
	] as const)("takes a smaller rate for what needs it, on sentences: %s %o", (task, given, rate) => {
		expect(settingsFor(task, given).model.learningRate).toBe(rate);
	});
});

describe("resumedSettings", () => {
	const stored = { ...defaultsOf("dates").model, units: 7, seed: 0 };

	it("keeps what is stored, takes what may change", () => {
		const settings = resumedSettings({ settings: stored }, "dates", { units: 7, epochs: 99 }, "out/x");
		expect(settings).toEqual({ model: stored, run: { ...defaultsOf("dates").run, epochs: 99 } });
	});

	it("refuses another shape, another task and another seed", () => {
		const resume = (task: "dates" | "pairs", given: object) => () =>
			resumedSettings({ settings: stored }, task, given, "out/x");
		expect(resume("dates", { units: 8 })).toThrow(UserError);
		expect(resume("dates", { units: 8 })).toThrow(
			"out/x holds a checkpoint of another shape: --units is 7 there, 8",
		);
		expect(resume("dates", { learningRate: 1 })).toThrow("--learning-rate is");
		expect(resume("dates", { seed: 1 })).toThrow("--seed is 0 there, 1 came");
		expect(resume("pairs", {})).toThrow("out/x holds a checkpoint of dates: leave out --data");
	});
});

describe("settingsOf", () => {
	const { model } = defaultsOf("dates");

	it("reads what was written before there was a choice of models", () => {
		const { model: _, noise, reward, inputFeeding, copy, ...others } = model;
		const { encoderCell, encoderLayers, selfAttention, ...older } = others;
		expect(settingsOf({ ...older, attention: "luong" })).toEqual({ ...model, attention: "luong" });
		expect(settingsOf(JSON.parse(JSON.stringify(model)))).toEqual(model);
	});

	it("refuses what this program does not know", () => {
		const read = (change: object) => () => settingsOf({ ...model, ...change });
		expect(read({ attention: "newer" })).toThrow('its attention is "newer"; expected bahdanau, bahdanau-');
		expect(read({ model: "newer" })).toThrow(
			'its model is "newer"; expected rnn, transformer or convolutional.',
		);
		expect(read({ encoderCell: "rnn" })).toThrow("expected same, gru, lstm or qrnn.");
		expect(read({ copy: 1 })).toThrow("its settings have no `copy`");
		expect(() => settingsOf(null)).toThrow("its settings have no `task`");
	});
});

it("modelTitle and modelName name the model", () => {
	const { model } = defaultsOf("dates");
	const special = { ...model, encoderCell: "qrnn", encoderLayers: 2, selfAttention: true } as const;
	expect(modelName(model)).toBe("bahdanau");
	expect(modelName(special)).toBe("bahdanau+qrnn-encoder+2-encoder-layers+self-attention");
	expect(modelName({ ...special, cell: "lstm", encoderCell: "lstm", encoderLayers: 1 })).toBe(
		"bahdanau+lstm-cells+self-attention",
	);
	expect(modelName({ ...model, attention: "monotonic", noise: 0 })).toBe("monotonic+noise-0");
	expect(modelName({ ...model, attention: "hard", reward: "sentence" })).toBe("hard+sentence-reward");
	expect(modelName({ ...model, model: "transformer" })).toBe("transformer");
	expect(modelTitle({ ...model, attention: "coverage", copy: true, inputFeeding: true })).toBe(
		"Translator with coverage attention and input feeding and copying",
	);
	expect(modelTitle({ ...model, model: "transformer" })).toBe("Transformer");
});
