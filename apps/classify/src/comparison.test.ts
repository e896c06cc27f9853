import { expect, it } from "vitest";
import { compareRow, differenceOf } from "./comparison.ts";
import { confusionMatrix } from "./judge.ts";
import type { Outcome } from "./outcome.ts";
import { classTable, confusionMaps, standardError } from "./report-parts.ts";
import { chooseSamples } from "./samples.ts";

const labels = Uint8Array.of(0, 0, 1, 1, 2, 2, 2, 0);
const test = { images: new Uint8Array(8), labels, count: 8, height: 1, width: 1 };
const outcome = (predicted: number[]): Outcome =>
	({
		predicted,
		correct: predicted.filter((found, i) => found === labels[i]).length,
		test: 8,
		weights: 7,
		seconds: 30,
		codec: { classes: ["a", "b", "c"] },
	}) as unknown as Outcome;
const half = outcome([0, 0, 1, 0, 0, 1, 1, 1]); // right: 0, 1, 2
const good = outcome([0, 1, 1, 1, 2, 2, 1, 0]); // wrong: 1, 6

it("counts pictures that one of two recognises", () => {
	const [same, other] = [
		differenceOf([half], [half], labels),
		differenceOf([good, half], [half, half], labels),
	];
	expect(same).toEqual({ better: 0, worse: 0, deviations: 0 });
	expect(other).toMatchObject({ better: 2, worse: 0.5 });
	expect(other.deviations).toBeCloseTo(3 / Math.sqrt(5), 6);
	const twice = differenceOf([good, good], [half, half], labels); // says no more than once
	expect(twice).toEqual(differenceOf([good], [half], labels));
	expect(twice).toMatchObject({ better: 4, worse: 1 });
	expect(compareRow([good, half], 12, undefined)).toMatchObject({
		...{
			accuracy: 4.5 / 8,
			least: 3 / 8,
			largest: 6 / 8,
			weights: 7,
			stepTime: 12,
			minutes: 1,
			against: undefined,
		},
	});
	expect(standardError(good)).toBeCloseTo(Math.sqrt((0.75 * 0.25) / 8), 9);
});

it("tells what was taken for what", () => {
	expect([...confusionMatrix(good.predicted, labels, 3)]).toEqual([2, 1, 0, 0, 2, 0, 0, 1, 2]);
	const [shares, mistakes] = confusionMaps(good, test);
	expect(Array.from(shares?.weights ?? [], (share) => Number(share.toFixed(3)))).toEqual([
		...[0.667, 0.333, 0, 0, 1, 0, 0, 0.333, 0.667],
	]);
	expect(mistakes?.mask).toEqual([false, true, true, true, false, true, true, true, false]);
	expect(classTable(good, test).rows).toEqual([
		["a", 3, 2, "66.67", "b (1)"],
		["b", 2, 2, "100.00", "–"],
		["c", 3, 2, "66.67", "b (1)"],
	]);
});

it("shows pictures of different classes", () => {
	const correct = good.predicted.map((found, i) => found === labels[i]);
	expect(chooseSamples(labels, correct, 3)).toEqual({ right: [0, 2, 4], wrong: [1, 6] });
	expect(chooseSamples(labels, correct, 1)).toEqual({ right: [0], wrong: [1] });
	expect(chooseSamples(labels, correct, 0)).toEqual({ right: [], wrong: [] });
});
