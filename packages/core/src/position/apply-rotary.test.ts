import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { applyRotary } from "./apply-rotary.ts";
import { rotaryAngles } from "./rotary-angles.ts";

const layouts = ["half", "interleaved"] as const;

describeOnEveryBackend("rotaryAngles", () => {
	it("gives the same angles for a length and for positions", () => {
		const whole = rotaryAngles(5, 6, { offset: 3, base: 500, scaling: 2 });
		const named = rotaryAngles(tf.tensor2d([[3, 4, 5, 6, 7]], [1, 5], "int32"), 6, { base: 500, scaling: 2 });
		expect(named.cos.shape).toEqual([1, 5, 3]);
		expectClose(named.cos, whole.cos.dataSync(), { atol: 1e-6 });
		expectClose(named.sin, whole.sin.dataSync(), { atol: 1e-6 });
		// position 7 of the third pair: 7 / 2 / 500^(4/6)
		expectClose(whole.sin.dataSync().slice(14), [Math.sin(3.5 / 500 ** (2 / 3))], { atol: 1e-7 });
	});

	it("leaves nothing behind and refuses what makes no angles", () => {
		expectNoLeak(() => ({ ...rotaryAngles(5, 6) }));
		const positions = tf.tensor1d([1, 9], "int32");
		expectNoLeak(() => ({ ...rotaryAngles(positions, 6) }));
		expect(() => rotaryAngles(5, 7)).toThrow("rotaryAngles: `rotaryDim` is 7; expected an even number");
		expect(() => rotaryAngles(0, 4)).toThrow("`length` is 0");
		expect(() => rotaryAngles(5, 4, { scaling: 0 })).toThrow("`scaling` is 0");
		expect(() => rotaryAngles(positions, 4, { offset: 2 })).toThrow("`offset` goes with a length");
		// @ts-expect-error wrong rank
		expect(() => rotaryAngles(tf.zeros([1, 2, 3], "int32"), 4)).toThrow("positions [1, 2, 3] has rank 3");
	});
});

describeOnEveryBackend("applyRotary", () => {
	it("keeps lengths, and products of the same distance", () => {
		const row = randomTensor<tf.Rank.R4>([1, 1, 1, 6], 1);
		const x = tf.tile(row, [1, 1, 7, 1]);
		for (const layout of layouts) {
			const turned = applyRotary(x, rotaryAngles(7, 6), { layout });
			expectClose(tf.norm(turned, 2, 3), tf.norm(x, 2, 3), { atol: 1e-5 });
			const products = tf.matMul(turned, turned, false, true).arraySync() as number[][][][];
			const at = (i: number, j: number): number => products[0]?.[0]?.[i]?.[j] ?? Number.NaN;
			expectClose([at(0, 2), at(3, 5)], [at(4, 6), at(4, 6)], { atol: 1e-5 });
		}
	});

	it("is the same turn in both layouts, with the features in another order", () => {
		const x = randomTensor<tf.Rank.R4>([2, 3, 5, 6], 2);
		const order = tf.tensor1d([0, 2, 4, 1, 3, 5], "int32"); // interleaved pairs (0,1) (2,3) (4,5) as halves
		const angles = rotaryAngles(5, 6);
		const half = applyRotary(tf.gather(x, order, 3), angles, { layout: "half" });
		const interleaved = applyRotary(x, angles, { layout: "interleaved" });
		expectClose(tf.gather(interleaved, order, 3), half, { atol: 1e-6 });
	});

	it("leaves the features beyond rotaryDim alone, and takes angles per batch item", () => {
		const x = randomTensor<tf.Rank.R4>([2, 3, 5, 7], 3);
		const angles = rotaryAngles(
			tf.tensor2d(
				[
					[0, 1, 2, 3, 4],
					[9, 8, 7, 6, 5],
				],
				[2, 5],
				"int32",
			),
			4,
		);
		for (const layout of layouts) {
			const turned = applyRotary(x, angles, { layout, rotaryDim: 4 });
			const rest = [
				[0, 0, 0, 4],
				[2, 3, 5, 3],
			] as const;
			const [begin, size] = [[...rest[0]], [...rest[1]]];
			expectClose(tf.slice(turned, begin, size), tf.slice(x, begin, size), { atol: 0 });
			const second = applyRotary(tf.slice(x, [1, 0, 4, 0], [1, 3, 1, 7]), rotaryAngles(1, 4, { offset: 5 }), {
				layout,
			});
			expectClose(tf.slice(turned, [1, 0, 4, 0], [1, 3, 1, 7]), second, { atol: 1e-5 });
		}
	});

	it("passes gradients to the features and to the angles, and leaves nothing behind", () => {
		const x = randomTensor<tf.Rank.R4>([2, 3, 5, 7], 4);
		const inputs = [x, randomTensor([2, 5, 2], 5), randomTensor([2, 5, 2], 6)];
		for (const layout of layouts) {
			const turn = (y: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor =>
				applyRotary(y as tf.Tensor4D, { cos, sin }, { layout });
			expectGradientsMatch(turn, inputs);
			expectNoLeak(() => turn(x, ...(inputs.slice(1) as [tf.Tensor, tf.Tensor])));
		}
	});

	it("refuses what is not float32", () => {
		const [x, { cos, sin }] = [tf.zeros<tf.Rank.R4>([2, 3, 5, 6]), rotaryAngles(5, 6)];
		const whole = (tensor: tf.Tensor): never => tf.cast(tensor, "int32") as never;
		const calls: [() => tf.Tensor, string][] = [
			[() => applyRotary(whole(x), { cos, sin }), "applyRotary: x is int32; expected float32."],
			[() => applyRotary(x, { cos: whole(cos), sin }), "applyRotary: cos is int32"],
			[() => applyRotary(x, { cos, sin: whole(sin) }), "applyRotary: sin is int32"],
		];
		for (const [call, message] of calls) {
			expect(() => tf.tidy(call)).toThrow(message);
			expectNoLeak(() => tf.tidy(call), { throws: true });
		}
	});

	it("refuses angles that do not fit", () => {
		const x = tf.zeros<tf.Rank.R4>([2, 3, 5, 6]);
		const { cos, sin } = rotaryAngles(7, 6);
		expectNoLeak(() => applyRotary(x, { cos, sin }), { throws: true });
		expect(() => applyRotary(x, { cos, sin })).toThrow(
			"applyRotary: cos [length 7, rotaryDim / 2 3] does not match x [batch 2, heads 3, length 5, headDim 6] with rotaryDim 6: expected length 5.",
		);
		expect(() => applyRotary(x, rotaryAngles(5, 8))).toThrow(
			"`rotaryDim` is 8; expected a whole number at least 2 and at most 6",
		);
		expect(() => applyRotary(x, rotaryAngles(5, 4), { rotaryDim: 6 })).toThrow("expected rotaryDim / 2 3");
		expect(() => applyRotary(x, rotaryAngles(5, 4), { rotaryDim: 3 })).toThrow(
			"`rotaryDim` is 3; expected an even",
		);
	});
});
