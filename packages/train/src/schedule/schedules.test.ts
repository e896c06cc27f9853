import { describe, expect, it } from "vitest";
import { cosineDecay, exponentialDecay, inverseSquareRoot, linearWarmup, noam } from "../index.ts";

describe("schedules", () => {
	it("linearWarmup rises to the first rate of what follows", () => {
		const schedule = linearWarmup(4, (step) => 8 - step);
		expect([0, 1, 2, 3, 4, 5].map(schedule)).toEqual([2, 4, 6, 8, 8, 7]);
		expect([0, 1, 2].map(linearWarmup(2, 3))).toEqual([1.5, 3, 3]);
		expect(linearWarmup(0, 3)(0)).toBe(3);
	});

	it("cosineDecay falls to its floor and stays", () => {
		const schedule = cosineDecay({ rate: 1, steps: 8, floor: 0.2 });
		expect(schedule(0)).toBe(1);
		expect(schedule(4)).toBeCloseTo(0.6, 12); // half way: (1 + 0.2) / 2
		expect(schedule(8)).toBeCloseTo(0.2, 12);
		expect(schedule(80)).toBeCloseTo(0.2, 12);
	});

	it("inverseSquareRoot peaks at the end of the warm-up", () => {
		const schedule = inverseSquareRoot({ rate: 0.5, warmupSteps: 4 });
		expect(schedule(0)).toBe(0.125);
		expect(schedule(3)).toBe(0.5);
		expect(schedule(15)).toBe(0.25); // √(4 / 16) = 1/2
	});

	it("noam is the formula of the paper", () => {
		const schedule = noam({ modelDim: 512, warmupSteps: 4000, factor: 2 });
		for (const step of [0, 10, 3999, 4000, 100_000]) {
			const t = step + 1;
			expect(schedule(step)).toBeCloseTo(2 * 512 ** -0.5 * Math.min(t ** -0.5, t * 4000 ** -1.5), 15);
		}
	});

	it("exponentialDecay falls smoothly or in steps", () => {
		expect(exponentialDecay({ rate: 8, factor: 0.25, every: 2 })(1)).toBe(4);
		const steps = exponentialDecay({ rate: 8, factor: 0.5, every: 2, staircase: true });
		expect([0, 1, 2, 3, 4].map(steps)).toEqual([8, 8, 4, 4, 2]);
	});

	it("refuse what makes no sense", () => {
		expect(() => linearWarmup(-1, 1)).toThrow(/linearWarmup: `steps` is -1/);
		expect(() => cosineDecay({ rate: 1, steps: 0 })).toThrow(/cosineDecay: `steps` is 0/);
		expect(() => cosineDecay({ rate: 1, steps: 1, floor: 2 })).toThrow(/`floor` is 2/);
		expect(() => noam({ modelDim: 512, warmup: 3 } as never)).toThrow(/noam: unknown option `warmup`/);
		expect(() => exponentialDecay({ rate: 1, factor: 2, every: 1 })).toThrow(/`factor` is 2/);
		expect(() => inverseSquareRoot({ rate: Number.NaN, warmupSteps: 1 })).toThrow(/`rate` is NaN/);
	});
});
