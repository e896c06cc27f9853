import * as tf from "@tensorflow/tfjs-core";
import { mixBits } from "../random/mix-bits.ts";
import { type SeedKey, seedKey } from "../random/seed-key.ts";

export { seedKey as dropoutKey };

/**
 * The counter hash that decides which weights dropout keeps: a function of the key, the head of the whole batch
 * (`batch index · heads + head`), the row (query) and the column (key), and of nothing else. Blocks of any size and
 * every backend therefore drop the same weights.
 */
export function dropoutHash(key: SeedKey, batchHead: number, row: number, column: number): number {
	const h = mixBits(key.low ^ Math.imul(column, 0x9e3779b1));
	return mixBits(h ^ key.high ^ Math.imul(row, 0x85ebca77) ^ Math.imul(batchHead, 0xc2b2ae3d));
}

/**
 * The factors that dropout multiplies weights with: 0 or `1 / (1 - rate)`.
 *
 * @param batchHeads Number of heads of the whole batch.
 * @param rows Half-open range of queries.
 * @param columns Half-open range of keys.
 * @returns float32 `[batchHeads, rows, columns]`
 */
export function dropoutFactors(
	key: SeedKey,
	rate: number,
	batchHeads: number,
	rows: readonly [number, number],
	columns: readonly [number, number],
): tf.Tensor3D {
	const height = rows[1] - rows[0];
	const width = columns[1] - columns[0];
	const threshold = Math.floor(rate * 0x100000000);
	const factor = 1 / (1 - rate);
	// The first mixing depends on the column alone.
	const columnHashes = Uint32Array.from({ length: width }, (_, j) =>
		mixBits(key.low ^ Math.imul(columns[0] + j, 0x9e3779b1)),
	);
	const factors = new Float32Array(batchHeads * height * width);
	let next = 0;
	for (let batchHead = 0; batchHead < batchHeads; batchHead++) {
		for (let row = rows[0]; row < rows[1]; row++) {
			const rowBits = key.high ^ Math.imul(row, 0x85ebca77) ^ Math.imul(batchHead, 0xc2b2ae3d);
			for (const columnHash of columnHashes) {
				factors[next++] = mixBits(columnHash ^ rowBits) >= threshold ? factor : 0;
			}
		}
	}
	return tf.tensor3d(factors, [batchHeads, height, width]);
}
