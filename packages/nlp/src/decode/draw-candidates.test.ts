import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawCandidates, type Sharpness } from "./draw-candidates.ts";

const off: Sharpness = { temperature: 1, topK: undefined, topP: undefined, minP: undefined };
const probabilities = [0.1, 0.4, 0, 0.2, 0.2, 0.1];
const logProbs = Float32Array.from(probabilities, Math.log);
const kept = (sharpness: Partial<Sharpness>, from = logProbs): number[] =>
	drawCandidates(from, { ...off, ...sharpness }).map(({ id }) => id);

describe("drawCandidates", () => {
	it("gives all that is possible, in proportion", () => {
		const candidates = drawCandidates(logProbs, off);
		expect(candidates.map(({ id }) => id)).toEqual([0, 1, 3, 4, 5]);
		for (const { id, weight } of candidates) expect(weight).toBeCloseTo(Number(probabilities[id]) / 0.4, 6);
	});

	it("keeps the likeliest topK, of equals the lower ids", () => {
		expect(kept({ topK: 1 })).toEqual([1]);
		expect(kept({ topK: 2 })).toEqual([1, 3]);
		expect(kept({ topK: 4 })).toEqual([0, 1, 3, 4]);
		expect(kept({ topK: 99 })).toEqual([0, 1, 3, 4, 5]);
	});

	it("keeps the fewest that reach topP, the one that reaches it too", () => {
		expect(kept({ topP: 0.01 })).toEqual([1]);
		expect(kept({ topP: 0.39 })).toEqual([1]);
		expect(kept({ topP: 0.41 })).toEqual([1, 3]);
		expect(kept({ topP: 0.61 })).toEqual([1, 3, 4]);
		expect(kept({ topP: 0.81 })).toEqual([0, 1, 3, 4]);
		expect(kept({ topP: 0.91 })).toEqual([0, 1, 3, 4, 5]);
		expect(kept({ topP: 1 })).toEqual([0, 1, 3, 4, 5]);
		const even = Float32Array.of(Math.log(0.5), Math.log(0.5));
		expect(kept({ topP: 0.1 }, even)).toEqual([0]);
		expect(kept({ topP: 0.1 }, Float32Array.of(0))).toEqual([0]);
	});

	it("keeps what is within a share of the likeliest", () => {
		expect(kept({ minP: 0.6 })).toEqual([1]);
		expect(kept({ minP: 0.4 })).toEqual([1, 3, 4]);
		expect(kept({ minP: 0.2 })).toEqual([0, 1, 3, 4, 5]);
		expect(kept({ minP: 1 })).toEqual([1]);
	});

	it("filters in the order temperature, topK, topP, minP, each on what the one before left", () => {
		// At temperature 1/2 the squares 16 : 4 : 4 : 1 : 1: the first alone has 16 of 26 = 0.615, at temperature 1 only 0.4.
		expect(kept({ temperature: 0.5, topP: 0.6 })).toEqual([1]);
		expect(kept({ topP: 0.6 }).length).toBeGreaterThan(1);
		// Of the first two the likeliest has 2/3, so topP 0.65 keeps it alone; of all it has 0.4.
		expect(kept({ topK: 2, topP: 0.65 })).toEqual([1]);
		expect(kept({ topP: 0.65 })).toEqual([1, 3, 4]);
		// The ratio to the likeliest is squared at temperature 1/2: 0.25 instead of 0.5.
		expect(kept({ temperature: 0.5, minP: 0.3 })).toEqual([1]);
		expect(kept({ minP: 0.3 })).toEqual([1, 3, 4]);
	});

	it("is the likeliest alone at temperature 0, flat at a high one", () => {
		expect(kept({ temperature: 0 })).toEqual([1]);
		expect(kept({ temperature: 0 }, Float32Array.of(-2, -1, -1))).toEqual([1]);
		expect(kept({ temperature: 1e-300 })).toEqual([1]);
		for (const { weight } of drawCandidates(logProbs, { ...off, temperature: 1e9 })) {
			expect(weight).toBeCloseTo(1, 6);
		}
	});

	it("gives none where nothing is possible", () => {
		expect(drawCandidates(Float32Array.of(-Infinity, -Infinity), { ...off, topP: 0.5, topK: 1 })).toEqual([]);
	});

	it("finds the set of topP that sorting everything finds", () => {
		const values = fc.array(fc.integer({ min: -12, max: 0 }), { minLength: 1, maxLength: 30 });
		const property = fc.property(values, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (logits, topP) => {
			const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
			const order = [...logits.keys()].sort((a, b) => Number(logits[b]) - Number(logits[a]) || a - b);
			let mass = 0;
			const expected = order.filter((id) => {
				const isIn = mass < topP * (1 - 1e-12);
				mass += Math.exp(Number(logits[id])) / total;
				return isIn;
			});
			const found = kept({ topP }, Float32Array.from(logits));
			expect(found).toEqual(expected.sort((a, b) => a - b));
		});
		fc.assert(property, { seed: 1, numRuns: 300 });
	});
});
