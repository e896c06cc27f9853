#!/usr/bin/env node
import "@tensorflow/tfjs-layers"; // gradients of the host's operations
import { parseArgs } from "node:util";
import { startWebGpu } from "@heed/backend-webgpu/node";
import * as tf from "@tensorflow/tfjs-core";
import { gpuTable } from "./gpu-table.ts";
import { cardSizes, measureGpu, smallSizes } from "./measure-gpu.ts";

const usage = `Measures attention on a graphics card: @heed/backend-webgpu against attention composed of TensorFlow.js' operations.

  --small   small sizes; taken by themselves on an adapter that is a program
  --f16     operands of products as half floats
  --json    one object instead of a table`;

const { values: options } = parseArgs({
	options: {
		small: { type: "boolean" },
		f16: { type: "boolean" },
		json: { type: "boolean" },
		help: { type: "boolean" },
	},
});
if (options.help === true) {
	console.log(usage);
	process.exit(0);
}

const adapter = await startWebGpu({
	precision: options.f16 === true ? "f16" : "f32",
	// Else times come in steps of 100 µs.
	flags: ["disable-dawn-features=timestamp_quantization"],
});
tf.env().set("WEBGPU_CPU_FORWARD", false);
console.error(`${adapter.vendor} ${adapter.description}`);
const small = options.small === true || adapter.software;
const report = await measureGpu(small ? smallSizes : cardSizes, (line) => console.error(line));
if (options.json === true) console.log(JSON.stringify({ adapter, ...report }));
else for (const line of gpuTable(report)) console.log(line);
process.exit(0); // Dawn keeps the process alive
