import { expectClose, expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../index.ts";

const sides = [false, true];
const layouts = sides.flatMap((transposeA) => sides.map((transposeB) => ({ transposeA, transposeB })));
const product = (
	batchA: number[],
	batchB: number[],
	[m, k, n]: readonly [number, number, number],
	transposeA: boolean,
	transposeB: boolean,
): tf.Tensor =>
	tf.matMul(
		randomTensor([...batchA, ...(transposeA ? [k, m] : [m, k])], 1),
		randomTensor([...batchB, ...(transposeB ? [n, k] : [k, n])], 2),
		transposeA,
		transposeB,
	);

describe("BatchMatMul on wasm", () => {
	useBackend("wasm");

	describe.each(layouts)("transposeA $transposeA, transposeB $transposeB", ({ transposeA, transposeB }) => {
		it.each([
			["one matrix", [], [], [37, 53, 29]],
			["a tall one", [], [], [211, 17, 5]],
			["a wide one", [], [], [3, 61, 127]],
			["a tiny one", [], [], [2, 3, 5]],
			["a batch of large items", [3], [3], [31, 29, 23]],
			["a batch of small items", [7], [7], [2, 5, 3]],
			["a rank 4 batch", [2, 3], [2, 3], [19, 23, 17]],
			["a broadcast left operand", [1], [5], [31, 29, 23]],
			["a broadcast right operand", [5], [1], [31, 29, 23]],
		] as const)("%s", async (_, batchA, batchB, sizes) => {
			await expectSameAsCpu("wasm", () => product([...batchA], [...batchB], sizes, transposeA, transposeB), {
				atol: 1e-4,
			});
		});
	});

	it("any small shape (property)", async () => {
		const size = fc.integer({ min: 1, max: 40 });
		await fc.assert(
			fc.asyncProperty(
				fc.integer({ min: 1, max: 4 }),
				size,
				size,
				size,
				fc.boolean(),
				fc.boolean(),
				async (items, m, k, n, ta, tb) => {
					await expectSameAsCpu("wasm", () => product([items], [items], [m, k, n], ta, tb), { atol: 1e-4 });
				},
			),
			{ seed: 1, numRuns: 30 },
		);
	});

	it("sees a variable's new values", async () => {
		await tf.setBackend("wasm");
		const weights = tf.variable(tf.ones<tf.Rank.R2>([64, 64]));
		const x = tf.ones<tf.Rank.R2>([64, 64]);
		for (const transposeB of sides) {
			weights.assign(tf.ones([64, 64]));
			expectClose(tf.matMul(x, weights, false, transposeB), new Float32Array(4096).fill(64));
			weights.assign(tf.fill([64, 64], 2));
			expectClose(tf.matMul(x, weights, false, transposeB), new Float32Array(4096).fill(128));
		}
	});

	it("an empty product has the shape of a product", async () => {
		await tf.setBackend("wasm");
		expect(tf.matMul(tf.zeros([0, 3]), tf.zeros([3, 2])).shape).toEqual([0, 2]);
	});

	it("leaves the host its complaint about sizes", () => {
		expect(() => tf.matMul(tf.zeros([5, 3]), tf.zeros([4, 2]))).toThrow(/inner shapes \(3\) and \(4\)/);
	});
});

const factor = fc.integer({ min: 1, max: 3 });
const batchShapes = fc
	.tuple(
		fc.array(factor, { maxLength: 3 }),
		fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
		fc.nat(3),
		fc.nat(3),
	)
	.map(([outer, ones, dropA, dropB]) => ({
		batchA: outer.map((length, i) => (ones[i] ? 1 : length)).slice(dropA),
		batchB: outer.map((length, i) => (ones[i + 3] ? 1 : length)).slice(dropB),
	}));

/** Every operand repeated to the full batch, then item by item: the host's cpu kernel is wrong here too. */
function referenceProduct(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): number[] {
	const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
	const spread = (x: tf.Tensor, turned: boolean): { items: Float32Array; rows: number; columns: number } => {
		const plain = turned
			? tf.transpose(x, [...x.shape.keys()].slice(0, -2).concat(x.rank - 1, x.rank - 2))
			: x;
		const [rows = 0, columns = 0] = plain.shape.slice(-2);
		return { items: tf.broadcastTo(plain, [...outer, rows, columns]).dataSync<"float32">(), rows, columns };
	};
	const left = spread(a, transposeA);
	const right = spread(b, transposeB);
	const result: number[] = [];
	for (let item = 0; item < tf.util.sizeFromShape(outer); item++) {
		for (let i = 0; i < left.rows; i++) {
			for (let j = 0; j < right.columns; j++) {
				let sum = 0;
				for (let k = 0; k < left.columns; k++) {
					const x = left.items[(item * left.rows + i) * left.columns + k] ?? Number.NaN;
					sum += x * (right.items[(item * right.rows + k) * right.columns + j] ?? Number.NaN);
				}
				result.push(sum);
			}
		}
	}
	return result;
}

describe("BatchMatMul with batch shapes that broadcast", () => {
	useBackend("wasm");

	it.each([
		[[2, 1], [2], [3, 5, 2]],
		[[2, 1], [3], [31, 29, 23]],
		[[2, 3], [3], [3, 5, 2]],
		[[3], [2, 1], [31, 29, 23]],
		[
			[1, 3],
			[2, 1],
			[2, 3, 5],
		],
	] as const)("%j against %j, [m, k, n] = %j", (batchA, batchB, [m, k, n]) => {
		const a = randomTensor([...batchA, m, k], 1);
		const b = randomTensor([...batchB, k, n], 2);
		expectClose(tf.matMul(a, b), referenceProduct(a, b, false, false), { atol: 1e-4 });
	});

	it("any two batch shapes of any ranks (property)", () => {
		const size = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 17, max: 29 }));
		fc.assert(
			fc.property(
				batchShapes,
				size,
				size,
				size,
				fc.boolean(),
				fc.boolean(),
				({ batchA, batchB }, m, k, n, transposeA, transposeB) => {
					const a = randomTensor([...batchA, ...(transposeA ? [k, m] : [m, k])], 1);
					const b = randomTensor([...batchB, ...(transposeB ? [n, k] : [k, n])], 2);
					const product = tf.matMul(a, b, transposeA, transposeB);
					expectClose(product, referenceProduct(a, b, transposeA, transposeB), { atol: 1e-4 });
				},
			),
			{ seed: 1, numRuns: 80 },
		);
	});
});
