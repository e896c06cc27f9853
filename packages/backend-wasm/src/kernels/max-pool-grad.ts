import { backend_util } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";

/** The attributes of the host's pooling ops. */
interface PoolAttrs {
	readonly filterSize: [number, number] | number;
	readonly strides: [number, number] | number;
	readonly pad: "valid" | "same" | number;
	readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/**
 * `MaxPoolGrad`: every output's gradient goes to the first largest element of its window, row by row.
 *
 * The host's wasm kernel starts its search from 1e-38 instead of -Infinity, so that a window without a positive
 * number loses its gradient or gives it to a wrong element, and it prefers the last of equal elements where the other
 * backends prefer the first.
 */
export const maxPoolGrad: WasmKernel = {
	kernelName: "MaxPoolGrad",
	run({ input, attrs, memory }) {
		const dy = input("dy"); // [B, Hout, Wout, C]
		const x = input("input"); // [B, H, W, C]
		const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttrs; // the host types them as unknown records
		const pool = backend_util.computePool2DInfo(
			x.shape as [number, number, number, number],
			filterSize,
			strides,
			1,
			pad,
			dimRoundingMode,
		);
		const dx = memory.allocate(x.shape, "float32");
		const xs = memory.floats(x);
		const dys = memory.floats(dy);
		const dxs = memory.floats(dx);
		dxs.fill(0);
		const { inHeight, inWidth, inChannels: channels } = pool;
		let at = 0; // the flat index in dy
		for (let b = 0; b < pool.batchSize; b++) {
			for (let row = 0; row < pool.outHeight; row++) {
				const top = row * pool.strideHeight - pool.padInfo.top;
				for (let column = 0; column < pool.outWidth; column++) {
					const left = column * pool.strideWidth - pool.padInfo.left;
					for (let c = 0; c < channels; c++, at++) {
						let largest = Number.NEGATIVE_INFINITY;
						let winner = -1;
						for (let h = Math.max(top, 0); h < Math.min(top + pool.effectiveFilterHeight, inHeight); h++) {
							for (let w = Math.max(left, 0); w < Math.min(left + pool.effectiveFilterWidth, inWidth); w++) {
								const index = ((b * inHeight + h) * inWidth + w) * channels + c;
								const value = xs[index] ?? 0;
								if (value > largest) {
									largest = value;
									winner = index;
								}
							}
						}
						if (winner >= 0) dxs[winner] = (dxs[winner] ?? 0) + (dys[at] ?? 0);
					}
				}
			}
		}
		return dx;
	},
};
