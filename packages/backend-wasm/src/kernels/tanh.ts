import type { WasmKernel } from "../wasm-kernel.ts";

/**
 * `Tanh`, two to four times as fast as the host's, which calls the C library for every element.
 *
 * Lambert's continued fraction, cut after x⁷, is exact to float32 for |y| < 2.4, and doubling the argument twice
 * brings every x there, because float32's tanh is 1 from 9.02 on:
 *
 *     tanh y ≈ p / q,  p = y (135135 + 17325 y² + 378 y⁴ + y⁶),  q = 135135 + 62370 y² + 3150 y⁴ + 28 y⁶
 *     tanh 2y = 2 p q / (q² + p²)
 */
export const tanh: WasmKernel = {
	kernelName: "Tanh",
	run({ input, memory, stock }) {
		const x = input("x");
		if (x.dtype !== "float32") return stock();
		const output = memory.allocate(x.shape, "float32");
		const from = memory.floats(x);
		const to = memory.floats(output);
		for (let i = 0; i < to.length; i++) {
			const y = Math.min(9.5, Math.max(-9.5, from[i] ?? 0)) / 4; // NaN stays NaN
			const s = y * y;
			const p = y * (135135 + s * (17325 + s * (378 + s)));
			const q = 135135 + s * (62370 + s * (3150 + s * 28));
			const p2 = 2 * p * q; // tanh 2y = p2 / q2
			const q2 = q * q + p * p;
			to[i] = (2 * p2 * q2) / (q2 * q2 + p2 * p2);
		}
		return output;
	},
};
