import { expectNoLeak, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { gridSample } from "./grid-sample.ts";

describe("gridSample refuses", () => {
	useBackend("cpu");
	const image = (): tf.Tensor4D => tf.zeros([2, 4, 5, 3]);
	const grid = (): tf.Tensor4D => tf.zeros([2, 2, 3, 2]);

	it.each([
		[
			"an image of another rank",
			() => gridSample(tf.zeros([4, 5, 3]) as never, grid()),
			/image \[4, 5, 3\] has rank 3/,
		],
		["a grid of another batch", () => gridSample(image(), tf.zeros([1, 2, 3, 2])), /expected batch 2/],
		[
			"a volumetric grid",
			() => gridSample(image(), tf.zeros([2, 2, 3, 3])),
			/grid \[.*xy 3\].*expected xy 2/,
		],
		["an image of integers", () => gridSample(tf.zeros([2, 4, 5, 3], "int32"), grid()), /image is int32/],
		["a grid of integers", () => gridSample(image(), tf.zeros([2, 2, 3, 2], "int32")), /grid is int32/],
		["an empty image", () => gridSample(tf.zeros([2, 0, 5, 3]), grid()), /height 0.* is empty/],
		[
			"an unknown option",
			() => gridSample(image(), grid(), { mode: "nearest" } as never),
			/`mode`.*interpolation/,
		],
		[
			"an unknown interpolation",
			() => gridSample(image(), grid(), { interpolation: "linear" as never }),
			/'bilinear'/,
		],
		[
			"an unknown padding",
			() => gridSample(image(), grid(), { padding: "reflect" as never }),
			/'reflection'/,
		],
	])("%s", (_, call, message) => {
		expect(() => tf.tidy(call)).toThrow(message);
		expectNoLeak(() => tf.tidy(call), { throws: true });
	});
});
