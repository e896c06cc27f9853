// The rows of attention: the queries of all heads that share a key/value head, one after another. A row knows which keys
// it sees by position, and where its mask and its bias begin.

import { Problem } from "./problem";

/** Rows that go through a block of keys together: a multiple of a tile's. */
export const blockRows: i32 = 40;
/** Bytes of a {@link Row}. */
export const rowBytes: usize = 56;

@unmanaged
export class Row {
	/** Index among all rows of all heads and batch items. */
	index: i32;
	head: i32;
	/** Half-open range of keys that position and length leave; empty as 0, 0. */
	from: i32;
	to: i32;
	/** Where the row of the mask and of the bias begin, and of the bias's gradient; 0 if absent. */
	mask: usize;
	bias: usize;
	biasGrad: usize;
	/** What of the dropout hash depends on the row. */
	hash: u32;
	/** Forward: the largest score so far, and the sum of exp(score - largest). Backward: the log-sum-exp, and delta. */
	top: f32;
	sum: f32;
	/** What is taken off the scores before they are exponentiated. */
	base: f32;
	/** Backward: what the exponentials are multiplied by to become weights. */
	factor: f32;

	/** Fills in everything but `top` and `sum`; `index` counts within the key/value head. */
	locate(problem: Problem, batch: i32, keyHead: i32, index: i32, keys: i32): void {
		const group = problem.group;
		const query = index % problem.queryLength;
		const head = keyHead * group + index / problem.queryLength;
		this.head = head;
		this.index = (batch * problem.heads + keyHead * group) * problem.queryLength + index;
		const bounds = problem.bounds + ((<usize>batch) << 3);
		const from = max(0, query + load<i32>(bounds));
		const to = min(keys, query + load<i32>(bounds, 4) + 1);
		this.from = from < to ? from : 0;
		this.to = from < to ? to : 0;
		this.mask =
			problem.mask == 0
				? 0
				: problem.mask +
					<usize>batch * problem.maskBatch +
					<usize>head * problem.maskHead +
					<usize>query * problem.maskQuery;
		const biasAt =
			(<usize>batch * problem.biasBatch +
				<usize>head * problem.biasHead +
				<usize>query * problem.biasQuery) <<
			2;
		this.bias = problem.bias == 0 ? 0 : problem.bias + biasAt;
		this.biasGrad = problem.biasGrad == 0 ? 0 : problem.biasGrad + biasAt;
		this.hash =
			problem.keyHigh ^ (<u32>query * 0x85ebca77) ^ (<u32>(batch * problem.heads + head) * 0xc2b2ae3d);
	}
}

export function rowAt(rows: usize, index: i32): Row {
	return changetype<Row>(rows + <usize>index * rowBytes);
}
