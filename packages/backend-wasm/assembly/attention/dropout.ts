// The counter hash of dropout, the same function as @heed/core's `dropoutHash`, four keys at a time:
//
//     hash = mix(mix(low ^ key · c1) ^ high ^ query · c2 ^ batchHead · c3),    kept if hash >= threshold

import { Problem } from "./problem";

function mix(x: v128): v128 {
	x = v128.xor(x, i32x4.shr_u(x, 16));
	x = i32x4.mul(x, i32x4.splat(0x7feb352d));
	x = v128.xor(x, i32x4.shr_u(x, 15));
	x = i32x4.mul(x, i32x4.splat(0x846ca68b));
	return v128.xor(x, i32x4.shr_u(x, 16));
}

/** The part of the hash that depends on the key alone, for `count` keys from `first` on (rounded up to four). */
export function hashKeys(problem: Problem, first: i32, count: i32, to: usize): void {
	let key = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
	const low = i32x4.splat(problem.keyLow);
	for (let j = 0; j < count; j += 4, to += 16, key = i32x4.add(key, i32x4.splat(4))) {
		v128.store(to, mix(v128.xor(low, i32x4.mul(key, i32x4.splat(0x9e3779b1)))));
	}
}

/** All bits where the weight is kept. */
export function kept(keyHash: v128, rowHash: u32, threshold: u32): v128 {
	return i32x4.ge_u(mix(v128.xor(keyHash, i32x4.splat(rowHash))), i32x4.splat(threshold));
}
