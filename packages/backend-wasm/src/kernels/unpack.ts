import type { WasmKernel } from "../wasm-kernel.ts";
import { copyRegion } from "./copy-region.ts";

/** `Unpack` (`tf.unstack`, and the gradient of `tf.stack`), each step read once. See {@link copyRegion}. */
export const unpack: WasmKernel = {
	kernelName: "Unpack",
	run({ input, attrs, memory, stock }) {
		const x = input("value");
		if (x.dtype === "string") return stock();
		const given = attrs.axis as number;
		const axis = given < 0 ? given + x.shape.length : given;
		const size = x.shape.map((length, i) => (i === axis ? 1 : length));
		const shape = x.shape.filter((_, i) => i !== axis);
		return Array.from({ length: x.shape[axis] ?? 0 }, (_, step) => {
			const begin = x.shape.map((_, i) => (i === axis ? step : 0));
			return { ...copyRegion(memory, x, begin, size), shape: [...shape] };
		});
	},
};
