import { backend_util, util } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";
import { copyRegion } from "./copy-region.ts";

/** `SplitV`: consecutive pieces along one axis, each read once. See {@link copyRegion}. */
export const split: WasmKernel = {
	kernelName: "SplitV",
	run({ input, attrs, memory, stock }) {
		const x = input("x");
		if (x.dtype === "string") return stock();
		const axis = util.parseAxisParam(attrs.axis as number, x.shape)[0] ?? 0;
		const pieces = backend_util.prepareSplitSize(x, attrs.numOrSizeSplits as number | number[], axis);
		const begin = x.shape.map(() => 0);
		return pieces.map((length) => {
			const size = x.shape.map((whole, i) => (i === axis ? length : whole));
			const piece = copyRegion(memory, x, begin, size);
			begin[axis] = (begin[axis] ?? 0) + length;
			return piece;
		});
	},
};
