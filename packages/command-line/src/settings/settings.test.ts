import { describe, expect, it } from "vitest";
import { UserError } from "../program/errors.ts";
import { fillSettings, readSettings, resumeSettings } from "./settings.ts";

const words = {
	model: { task: "words", cell: "gru", learningRate: 0.003, crf: true, seed: 1 },
	run: { epochs: 2, samples: 3 },
};
const spans = { ...words, model: { ...words.model, task: "spans" } };

it("fillSettings fills in the defaults and passes over what is no setting", () => {
	const given = { seed: 0, crf: false, samples: 0, data: "a.tsv", cell: undefined } as object;
	expect(fillSettings(words, given)).toEqual({
		model: { ...words.model, seed: 0, crf: false },
		run: { epochs: 2, samples: 0 },
	});
});

describe("resumeSettings", () => {
	const stored = { ...words.model, seed: 0 };
	const options = { folder: "out/x", describe: ({ task }: typeof stored) => `${task}: give --data` };

	it("keeps what is stored, takes what may change", () => {
		const settings = resumeSettings({ settings: stored }, words, { seed: 0, epochs: 99 }, options);
		expect(settings).toEqual({ model: stored, run: { epochs: 99, samples: 3 } });
		const planned = { settings: stored, run: { epochs: 7, samples: 0, gone: 1 } };
		expect(resumeSettings(planned, words, {}, options).run).toEqual({ epochs: 7, samples: 0 });
		expect(resumeSettings(planned, words, { epochs: 99 }, options).run).toEqual({ epochs: 99, samples: 0 });
	});

	it("refuses another shape, another task and another seed", () => {
		const resume = (given: object, defaults = words, more = {}) => {
			return () => resumeSettings({ settings: stored }, defaults, given, { ...options, ...more });
		};
		expect(resume({ learningRate: 1 })).toThrow(UserError);
		expect(resume({ learningRate: 1 })).toThrow(
			"out/x holds a checkpoint of another shape: --learning-rate is 0.003 there, 1 came. Leave it out",
		);
		expect(resume({ seed: 1 })).toThrow("--seed is 0 there, 1 came");
		expect(resume({ cell: "lstm" }, words, { optionOf: () => "kind" })).toThrow("--kind is gru there");
		expect(resume({}, spans)).toThrow(
			"out/x holds a checkpoint of words: give --data, or train into another",
		);
	});
});

describe("readSettings", () => {
	const form = { like: words.model, choices: { task: ["words", "spans"], cell: ["gru", "lstm"] } };

	it("reads what was stored, in the order of the defaults and without other names", () => {
		const { task, ...others } = spans.model;
		const json = JSON.parse(JSON.stringify({ more: 1, ...others, task }));
		expect(JSON.stringify(readSettings(json, form))).toBe(JSON.stringify(spans.model));
	});

	it("fills in what there was no choice of before", () => {
		const { crf, ...older } = words.model;
		expect(() => readSettings(older, form)).toThrow("its settings have no `crf`.");
		expect(readSettings(older, { ...form, before: { crf: false } }).crf).toBe(false);
	});

	it("says what is missing or not known", () => {
		expect(() => readSettings(null, form)).toThrow("its settings have no `task`.");
		expect(() => readSettings({ ...words.model, crf: "yes" }, form)).toThrow("no `crf`");
		expect(() => readSettings({ ...words.model, cell: "rnn" }, form)).toThrow(
			'its cell is "rnn"; expected gru or lstm.',
		);
	});
});
