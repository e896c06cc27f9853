import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import type { SidePadding } from "./image-axes.ts";
import { reflectPad } from "./reflect-pad.ts";

const paddings: SidePadding[] = [
	0,
	2,
	[
		[1, 0],
		[0, 3],
	],
	[
		[4, 3],
		[6, 5],
	],
];

describeOnEveryBackend("reflectPad", () => {
	it.each(paddings)("agrees with the host's mirrorPad forward, %j", (padding) => {
		const x = randomTensor<tf.Rank.R4>([2, 5, 7, 3], 1);
		const [rows, columns] =
			typeof padding === "number"
				? [
						[padding, padding],
						[padding, padding],
					]
				: padding;
		const host = tf.mirrorPad(
			x,
			[[0, 0], [...rows] as [number, number], [...columns] as [number, number], [0, 0]],
			"reflect",
		);
		expectClose(reflectPad(x, padding), host);
		expectGradientsMatch((t) => reflectPad(t as tf.Tensor4D, padding), [x]);
	});

	it("sends the gradient of the mirror image back to its pixels", () => {
		const x = tf.tensor4d([1, 2, 3], [1, 1, 3, 1]); // becomes 3 2 1 2 3 2
		const gradient = tf.grad((t: tf.Tensor) =>
			reflectPad(t as tf.Tensor4D, [
				[0, 0],
				[2, 1],
			]),
		)(x);
		expectClose(gradient, [1, 3, 2]);
	});

	it("leaves nothing behind and refuses what does not fit", () => {
		const x = randomTensor<tf.Rank.R4>([1, 2, 7, 3], 1);
		expectNoLeak(() => reflectPad(x, 1));
		expectNoLeak(() => reflectPad(x, 0));
		expectNoLeak(() => tf.grad((t: tf.Tensor) => reflectPad(t as tf.Tensor4D, 1))(x));
		const calls: [() => tf.Tensor, RegExp][] = [
			[() => reflectPad(tf.zeros([5, 7, 3]) as never, 1), /rank 3; expected rank 4/],
			[() => reflectPad(x, 2), /`padding` is 2.*less than 2/],
			[
				() =>
					reflectPad(x, [
						[0, 0],
						[0, 7],
					]),
				/`padding\[1\]\[1\]` is 7.*less than 7/,
			],
			[() => reflectPad(x, [[0, 0]] as never), /`padding\[1\]\[0\]` is undefined/],
			[() => reflectPad(x, 0.5), /whole number/],
		];
		for (const [call, message] of calls) {
			expect(() => tf.tidy(call)).toThrow(message);
			expectNoLeak(() => tf.tidy(call), { throws: true });
		}
	});
});
