import { describeOnEveryBackend, expectClose, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { additiveScore } from "./additive-score.ts";
import { concatScore } from "./concat-score.ts";
import { cosineScore } from "./cosine-score.ts";
import { dotScore } from "./dot-score.ts";
import { gaussianScore } from "./gaussian-score.ts";
import { gaussianWindow } from "./gaussian-window.ts";
import { generalScore } from "./general-score.ts";
import { locationAwareScore } from "./location-aware-score.ts";
import { locationScore } from "./location-score.ts";

describeOnEveryBackend("parameters of scores", () => {
	const x = (): tf.Tensor3D => tf.ones([2, 3, 5]);

	it("are refused when missing, misspelt or of another size", () => {
		expect(() => generalScore(x(), x(), { w: tf.ones([5, 4]) })).toThrow(
			"generalScore: w [queryDim 5, keyDim 4] does not match the last axes of query and key: expected keyDim 5.",
		);
		// @ts-expect-error w is missing
		expect(() => generalScore(x(), x(), {})).toThrow(
			"generalScore: `w` is missing; expected a tensor [queryDim, keyDim].",
		);
		const v = tf.ones<tf.Rank.R1>([4]);
		expect(() => concatScore(x(), x(), { w: tf.ones([10, 7]), v })).toThrow(
			"concatScore: v [units 4] does not match w of 7 units",
		);
		expect(() => concatScore(x(), x(), { w: tf.ones([9, 4]), v })).toThrow("expected queryDim + keyDim 10");
		expect(() => additiveScore(x(), x(), { v })).toThrow(
			"additiveScore: v [units 4] does not match the 5 units",
		);
		const five = tf.ones<tf.Rank.R1>([5]);
		expect(() => additiveScore(x(), x(), { v: five, b: v })).toThrow("additiveScore: b [units 4]");
		// @ts-expect-error g is a scalar
		expect(() => additiveScore(x(), x(), { v: five, g: five })).toThrow(
			"additiveScore: g [5] has rank 1; expected rank 0",
		);
		// @ts-expect-error no such option
		expect(() => dotScore(x(), x(), { scaled: true })).toThrow("dotScore: unknown option `scaled`");
		expect(() => dotScore(x(), x(), { scale: Number.NaN })).toThrow("dotScore: `scale` is NaN");
		expect(() => cosineScore(x(), x(), { epsilon: 0 })).toThrow("cosineScore: `epsilon` is 0");
	});

	it("and queries and keys are float32", () => {
		const integers = tf.ones<tf.Rank.R3>([2, 3, 5], "int32");
		const five = tf.ones<tf.Rank.R1>([5]);
		const w = tf.ones<tf.Rank.R2>([5, 5]);
		const filters = tf.ones<tf.Rank.R2>([3, 4]);
		const aware = { v: five, filters, u: tf.ones<tf.Rank.R2>([4, 5]) };
		const whole = (x: tf.Tensor): never => tf.cast(x, "int32") as never;
		const calls: [() => tf.Tensor, string][] = [
			[() => dotScore(integers, x()), "dotScore: query is int32; expected float32."],
			[() => cosineScore(x(), integers), "cosineScore: key is int32; expected float32."],
			[() => generalScore(x(), x(), { w: whole(w) }), "generalScore: w is int32"],
			[() => concatScore(x(), x(), { w: tf.ones([10, 5]), v: whole(five) }), "concatScore: v is int32"],
			[() => additiveScore(x(), x(), { v: five, b: whole(five) }), "additiveScore: b is int32"],
			[() => locationScore(integers, { w }), "locationScore: query is int32"],
			[() => locationAwareScore(x(), x(), whole(tf.ones([2, 3, 3])), aware), "alignment is int32"],
			[
				() => locationAwareScore(x(), x(), tf.ones([2, 3, 3]), { ...aware, filters: whole(filters) }),
				"locationAwareScore: filters is int32",
			],
			[() => gaussianScore(whole(w), { keyLength: 3, sigma: 1 }), "gaussianScore: center is int32"],
			[
				() => gaussianWindow(x(), { amplitude: x(), precision: integers, keyLength: 3 }),
				"gaussianWindow: precision is int32",
			],
		];
		for (const [call, message] of calls) expect(() => tf.tidy(call)).toThrow(message);
		expectNoLeak(() => tf.tidy(() => dotScore(integers, x())), { throws: true });
	});

	it("of zeros give zero scores with finite gradients", () => {
		const zeros = tf.zeros<tf.Rank.R3>([1, 1, 3]);
		const key = tf.tensor3d([1, 2, 2], [1, 1, 3]); // of norm 3
		expectClose(cosineScore(zeros, key), [0], { atol: 0 });
		const gradient = tf.grad((q) => cosineScore(q as tf.Tensor3D, key, { epsilon: 1e-4 }))(zeros);
		// the unit key over √ε = 0.01
		expectClose(gradient, [100 / 3, 200 / 3, 200 / 3], { atol: 1e-3 });
		expectClose(tf.grad((q) => cosineScore(q as tf.Tensor3D, q as tf.Tensor3D))(zeros), [0, 0, 0], {
			atol: 0,
		});
		const v = tf.zeros<tf.Rank.R1>([3]);
		const normalised = (w: tf.Tensor): tf.Tensor =>
			additiveScore(key, key, { v: w as tf.Tensor1D, g: tf.scalar(0.5) });
		expectClose(normalised(v), [0], { atol: 0 });
		expect([...tf.grad(normalised)(v).dataSync()].every(Number.isFinite)).toBe(true);
	});
});
