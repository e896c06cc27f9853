// What one call of attention works on. JavaScript writes these fields, four bytes each and in this order
// (src/attention/attention-problem.ts), so that a call needs one argument.

/** B batch, H heads, Hk key/value heads, Tq queries, Tk keys, D head size, Dv value size. Pointers; 0 for what is absent. */
@unmanaged
export class Problem {
	batch: i32;
	heads: i32;
	keyHeads: i32;
	queryLength: i32;
	keyLength: i32;
	headDim: i32;
	valueDim: i32;
	scale: f32;
	/** 0 for none. */
	softcap: f32;
	/** Weights whose hash is below it are dropped; 0 for no dropout. */
	dropThreshold: u32;
	/** 1 / (1 - rate). */
	keepFactor: f32;
	keyLow: u32;
	keyHigh: u32;
	query: usize; // f32 [B, H, Tq, D]
	key: usize; // f32 [B, Hk, Tk, D]
	value: usize; // f32 [B, Hk, Tk, Dv]
	output: usize; // f32 [B, H, Tq, Dv]
	logSumExp: usize; // f32 [B, H, Tq]
	bounds: usize; // i32 [B, 2]: the first and the last key that query 0 sees by position
	keyLengths: usize; // i32 [B]
	sinks: usize; // f32 [H]
	mask: usize; // bytes
	maskBatch: i32;
	maskHead: i32;
	maskQuery: i32;
	maskKey: i32;
	bias: usize; // f32
	biasBatch: i32;
	biasHead: i32;
	biasQuery: i32;
	biasKey: i32;
	outputGrad: usize; // f32 [B, H, Tq, Dv]
	logSumExpGrad: usize; // f32 [B, H, Tq]
	queryGrad: usize;
	keyGrad: usize;
	valueGrad: usize;
	biasGrad: usize; // zeroed
	sinksGrad: usize; // zeroed
	scratch: usize;

	/** Query heads that share a key/value head. */
	get group(): i32 {
		return this.heads / this.keyHeads;
	}

	/** Keys of a batch item that are real. */
	keysOf(batch: i32): i32 {
		const lengths = this.keyLengths;
		if (lengths == 0) return this.keyLength;
		return max(0, min(this.keyLength, load<i32>(lengths + ((<usize>batch) << 2))));
	}
}
