import { expectGradientsMatch, expectNoLeak, expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withGuardedMemory } from "../../test/guarded-memory.ts";
import "../index.ts";

const shapes = [
	[[3], [5]],
	[
		[2, 3],
		[1, 1],
	],
	[
		[2, 1, 5],
		[3, 7, 1],
	],
	[
		[1, 1, 1],
		[3, 5, 7],
	],
	[
		[2, 3, 1, 2],
		[2, 1, 5, 3],
	],
] as const;

describe("Tile on wasm", () => {
	useBackend("wasm");

	it.each(shapes)("%j times %j is the cpu backend's, with its gradient", async (shape, reps) => {
		await expectSameAsCpu("wasm", () => tf.tile(randomTensor([...shape], 1), [...reps]));
		const gradient = (): tf.Tensor =>
			tf.grad((x) => {
				const y = tf.tile(x, [...reps]);
				return tf.sum(tf.mul(y, randomTensor(y.shape, 2)));
			})(randomTensor([...shape], 1));
		await expectSameAsCpu("wasm", gradient);
	});

	it("repeats int32 and bool", async () => {
		await expectSameAsCpu("wasm", () => tf.tile(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], "int32"), [2, 3]));
		await expectSameAsCpu("wasm", () => tf.tile(tf.tensor2d([1, 0, 1], [3, 1], "bool"), [1, 9]));
	});

	it("writes all of its output and nothing else, whatever the shape", () => {
		const size = fc.integer({ min: 1, max: 5 });
		const axes = fc.array(fc.tuple(size, size), { minLength: 1, maxLength: 5 });
		fc.assert(
			fc.property(axes, (pairs) => {
				withGuardedMemory(() => {
					const x = randomTensor(
						pairs.map(([length]) => length),
						1,
					);
					const y = tf.tile(
						x,
						pairs.map(([, times]) => times),
					);
					const [values, tiled] = [x.dataSync(), y.dataSync()];
					const place = (at: number): number =>
						pairs.reduceRight(
							({ rest, index, step }, [length, times]) => ({
								rest: Math.floor(rest / (length * times)),
								index: index + (rest % length) * step,
								step: step * length,
							}),
							{ rest: at, index: 0, step: 1 },
						).index;
					tiled.forEach((value, at) => {
						if (value !== values[place(at)]) expect.fail(`wrong at ${at}: ${value}`);
					});
					tf.dispose([x, y]);
				});
			}),
			{ seed: 1, numRuns: 200 },
		);
	});

	it("has a gradient at rank 5, where the host's ends", () => {
		expectGradientsMatch((x) => tf.tile(x, [2, 1, 3, 1, 2]), [randomTensor([1, 2, 1, 3, 2], 1)]);
	});

	it("leaves nothing behind and takes nothing", async () => {
		expectNoLeak(() => tf.tidy(() => tf.tile(randomTensor([2, 3], 1), [2, 2])));
		await expectSameAsCpu("wasm", () => tf.tile(tf.zeros([0, 3]), [2, 2]));
	});
});
