import { describeOnEveryBackend, expectClose, expectNoLeak } from "@heed/testing";
import { expect, it } from "vitest";
import { sinusoidalPositions } from "./sinusoidal-positions.ts";

describeOnEveryBackend("sinusoidalPositions", () => {
	it("writes sines and cosines in turn, or in halves", () => {
		const slow = 1 / 100; // 10000^(-2/4)
		const row = [Math.sin(2), Math.cos(2), Math.sin(2 * slow), Math.cos(2 * slow)];
		const table = sinusoidalPositions(3, 4);
		expect(table.shape).toEqual([3, 4]);
		expectClose(table.dataSync().slice(0, 4), [0, 1, 0, 1], { atol: 0 });
		expectClose(table.dataSync().slice(8), row, { atol: 1e-7 });
		const half = sinusoidalPositions(3, 4, { layout: "half" });
		expectClose(half.dataSync().slice(8), [row[0], row[2], row[1], row[3]].map(Number), { atol: 1e-7 });
	});

	it("lets the waves of tensor2tensor fall to 1 / base exactly", () => {
		const layout = "tensor2tensor";
		const table = sinusoidalPositions(3, 6, { layout, base: 100, offset: 1 });
		const rates = [1, 0.1, 0.01]; // 100^(-i/2)
		const rows = [1, 2, 3].map((p) => [
			...rates.map((f) => Math.sin(p * f)),
			...rates.map((f) => Math.cos(p * f)),
		]);
		expectClose(table, rows.flat(), { atol: 1e-7 });
		expectClose(sinusoidalPositions(1, 2, { layout, offset: 5 }), [Math.sin(5), Math.cos(5)], { atol: 1e-7 });
	});

	it("starts at an offset, with the base that is asked for", () => {
		const whole = sinusoidalPositions(7, 6, { base: 100 });
		const tail = sinusoidalPositions(2, 6, { base: 100, offset: 5 });
		expectClose(tail, whole.dataSync().slice(30), { atol: 0 });
		expectNoLeak(() => sinusoidalPositions(7, 6));
	});

	it("refuses odd sizes, other layouts and numbers out of range", () => {
		expect(() => sinusoidalPositions(3, 5)).toThrow(
			"sinusoidalPositions: `dim` is 5; expected an even number",
		);
		expect(() => sinusoidalPositions(0, 4)).toThrow("`length` is 0");
		expect(() => sinusoidalPositions(3, 4, { base: 0 })).toThrow("`base` is 0");
		// @ts-expect-error no such layout
		expect(() => sinusoidalPositions(3, 4, { layout: "pairs" })).toThrow('`layout` is "pairs"');
	});
});
