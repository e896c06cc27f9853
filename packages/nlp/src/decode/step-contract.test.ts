import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { beamDecode } from "./beam-decode.ts";
import type { TokenStep } from "./decode-rows.ts";
import { greedyDecode } from "./greedy-decode.ts";
import { repeatRows } from "./repeat-rows.ts";
import { sampleDecode } from "./sample-decode.ts";
import type { StepDecoder } from "./step-decoder.ts";

const [eos, classes] = [2, 11];

/** Goes on from the last token of each prompt by counting up; 10 is followed by the EOS. Remembers what it was asked. */
function counter(): StepDecoder<readonly number[], Record<string, never>> & {
	readonly started: number[][];
	readonly given: number[][];
} {
	const [started, given]: number[][][] = [[], []];
	return {
		started: started as number[][],
		given: given as number[][],
		batchSize: (prompts) => prompts.length,
		firstTokens: (prompts) => Int32Array.from(prompts),
		start: (_prompts, beams, steps) => {
			started?.push([beams, steps]);
			return {};
		},
		step: (tokens) => {
			const ids = [...tokens.dataSync()];
			given?.push(ids);
			const rows = ids.map((id) =>
				Array.from({ length: classes }, (_, next) => (next === (id < 10 ? id + 1 : eos) ? -0.1 : -5)),
			);
			return { logProbs: tf.tensor2d(rows), state: {} };
		},
		reorder: (state) => state,
	};
}

describeOnEveryBackend("a model that goes on from a prompt", () => {
	it("is given the first token of each source, in the order of the rows", async () => {
		const model = counter();
		const greedy = await greedyDecode(model, [7, 4], { maxLength: 9, bos: 3 });
		expect(greedy.map(({ tokens }) => tokens)).toEqual([
			[8, 9, 10, eos],
			[5, 6, 7, 8, 9, 10, eos],
		]);
		expect(model.given[0]).toEqual([7, 4]);
		expect(model.given[1]).toEqual([8, 5]);
		const beam = counter();
		const found = await beamDecode(beam, [7, 4], { maxLength: 9, beamSize: 3 });
		expect(found.map(([best]) => best?.tokens)).toEqual(greedy.map(({ tokens }) => tokens));
		expect(beam.given[0]).toEqual([7, 7, 7, 4, 4, 4]);
		const sample = counter();
		await sampleDecode(sample, [7, 4], { maxLength: 9, samples: 2, temperature: 0, seed: 1 });
		expect(sample.given.slice(0, 2)).toEqual([
			[7, 7, 4, 4],
			[8, 8, 5, 5],
		]);
	});

	it("is told how many rows and steps there will be, and asked for no more", async () => {
		const model = counter();
		const forced = { maxLength: 3 };
		await greedyDecode(model, [4], forced);
		await beamDecode(model, [4], { ...forced, beamSize: 2 });
		await sampleDecode(model, [4], { ...forced, samples: 5, seed: 0, forceEos: false });
		expect(model.started).toEqual([
			[1, 4],
			[2, 4],
			[5, 3],
		]);
		expect(model.given).toHaveLength(4 + 4 + 3);
	});

	it("is refused when it gives another number of tokens, before it starts", async () => {
		const model = { ...counter(), firstTokens: () => Int32Array.of(7) };
		const message = "greedyDecode: `model.firstTokens` gave 1 tokens for 2 sources; expected one for each";
		await expect(greedyDecode(model, [7, 4], { maxLength: 3 })).rejects.toThrow(message);
		expect(model.started).toEqual([]);
	});

	it("starts with the BOS without such tokens", async () => {
		const { firstTokens: _, ...model } = counter();
		const [first] = await greedyDecode(model, [7], { maxLength: 3, bos: 8 });
		expect(first?.tokens).toEqual([9, 10, eos]);
	});

	it("repeats each row in its place", () => {
		const state = {
			a: [
				tf.tensor2d([
					[1, 2],
					[3, 4],
				]),
			],
			b: tf.tensor1d([5, 6], "int32"),
			c: null,
		};
		const repeated = repeatRows(state, 3);
		expect(repeated.a[0]?.arraySync()).toEqual([
			[1, 2],
			[1, 2],
			[1, 2],
			[3, 4],
			[3, 4],
			[3, 4],
		]);
		expect([...repeated.b.dataSync()]).toEqual([5, 5, 5, 6, 6, 6]);
		expect(repeatRows(state, 1)).toBe(state);
	});
});

describeOnEveryBackend("onToken", () => {
	it("is told every token as it is chosen, greedy and drawn", async () => {
		const events: TokenStep[] = [];
		const onToken = (step: TokenStep): number => events.push(step); // what it returns is ignored
		const greedy = await greedyDecode(counter(), [7, 8], { maxLength: 9, onToken });
		const told = (source: number, sample = 0): number[] =>
			events.filter((step) => step.source === source && step.sample === sample).map(({ token }) => token);
		expect([told(0), told(1)]).toEqual(greedy.map(({ tokens }) => tokens));
		expect(events.map(({ source }) => source)).toEqual([0, 1, 0, 1, 0, 1, 0]); // as they come
		expect(events[0]?.logProb).toBeCloseTo(-0.1, 6);

		events.length = 0;
		const options = { maxLength: 6, samples: 3, temperature: 2, seed: 5, onToken };
		const drawn = await sampleDecode(counter(), [7, 4], options);
		drawn.forEach((samples, source) => {
			samples.forEach(({ tokens, logProb }, sample) => {
				expect(told(source, sample)).toEqual(tokens);
				const own = events.filter((step) => step.source === source && step.sample === sample);
				expect(own.reduce((sum, step) => sum + step.logProb, 0)).toBeCloseTo(logProb, 5);
			});
		});
	});

	it("ends one hypothesis with the word stop, and no other", async () => {
		const onToken = ({ source, token }: TokenStep): unknown => source === 1 && token === 6 && "stop";
		const greedy = await greedyDecode(counter(), [7, 4], { maxLength: 9, onToken });
		expect(greedy.map(({ tokens }) => tokens)).toEqual([
			[8, 9, 10, eos],
			[5, 6],
		]);
		expect(greedy[1]?.logProb).toBeCloseTo(-0.2, 5);
		const model = counter();
		await sampleDecode(model, [4, 5], { maxLength: 9, seed: 1, onToken: () => "stop" });
		expect(model.given).toHaveLength(1);
	});

	it("takes false and true for nothing, as streams return them", async () => {
		for (const answer of [false, true]) {
			const [first] = await greedyDecode(counter(), [8], { maxLength: 9, onToken: () => answer });
			expect(first?.tokens).toEqual([9, 10, eos]);
		}
	});
});
