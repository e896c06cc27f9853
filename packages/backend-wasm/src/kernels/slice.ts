import { slice_util } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";
import { copyRegion } from "./copy-region.ts";

/** `Slice` that reads only what it takes: see {@link copyRegion}. */
export const slice: WasmKernel = {
	kernelName: "Slice",
	run({ input, attrs, memory, stock }) {
		const x = input("x");
		if (x.dtype === "string") return stock();
		const [begin = [], size = []] = slice_util.parseSliceParams(
			x,
			attrs.begin as number | number[],
			attrs.size as number | number[],
		);
		// Not in the host's contract, but it takes some of them.
		if (begin.some((first) => first < 0)) return stock();
		slice_util.assertParamsValid(x, begin, size);
		return copyRegion(memory, x, begin, size);
	},
};
