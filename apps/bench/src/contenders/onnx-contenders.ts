import type { OnnxProgram } from "../workloads/onnx-program.ts";
import type { BenchCase, Workload } from "../workloads/workload.ts";
import type { Contender } from "./contender.ts";
import { type LoadModule, loadOrt, type OrtModule } from "./ort-module.ts";
import type { Patience } from "./tfjs-contenders.ts";

/** A contender, or why it is not there. */
export type Opened =
	| { readonly contender: Contender; readonly version: string }
	| { readonly absent: string };

/** ONNX Runtime in WebAssembly, on one thread as everybody here. */
export async function ortWebContender(patience: Patience, load?: LoadModule): Promise<Opened> {
	const ort = await loadOrt("onnxruntime-web", load);
	if (typeof ort === "string") return { absent: ort };
	ort.env.wasm.numThreads = 1;
	ort.env.logLevel = "fatal"; // what fails is reported in the table
	const contender = onnxContender("onnxruntime-web", ort, { executionProviders: ["wasm"] }, patience);
	return { contender, version: ort.env.versions.web ?? "unknown" };
}

/** ONNX Runtime as machine code, on one thread. */
export async function ortNodeContender(patience: Patience, load?: LoadModule): Promise<Opened> {
	const ort = await loadOrt("onnxruntime-node", load);
	if (typeof ort === "string") return { absent: ort };
	const options = { executionProviders: ["cpu"], intraOpNumThreads: 1, interOpNumThreads: 1 };
	const contender = onnxContender("onnxruntime-node", ort, options, patience);
	return { contender, version: ort.env.versions.node ?? "unknown" };
}

function onnxContender(
	id: "onnxruntime-web" | "onnxruntime-node",
	ort: OrtModule,
	options: Readonly<Record<string, unknown>>,
	{ other }: Patience,
): Contender {
	return {
		id,
		label: () => id,
		takesPart: ({ onnx }) => onnx !== undefined,
		composes: false,
		hasKernels: false,
		longestRun: other,
		enter: async () => {},
		async build({ id: name, onnx }: Workload) {
			if (onnx === undefined) throw new Error(`There is no ONNX model of ${name}.`);
			return onnxCase(ort, onnx(), { logSeverityLevel: 4, ...options });
		},
	};
}

/** A program that is ready to run. Its operands are copied into the runtime's memory in every run, and the results out. */
export async function onnxCase(
	ort: OrtModule,
	{ model, feeds, results }: OnnxProgram,
	options: Readonly<Record<string, unknown>>,
): Promise<BenchCase> {
	const session = await ort.InferenceSession.create(model, options);
	const operands = Object.fromEntries(
		feeds.map(({ name, data, shape }) => [name, new ort.Tensor("float32", data, shape)]),
	);
	return {
		async results() {
			const outputs = await session.run(operands);
			return results.flatMap(({ name, arrange, unchecked }) => {
				const values = outputs[name]?.data ?? [];
				return unchecked ? [] : [arrange ? arrange(values as Float32Array) : values];
			});
		},
		async run() {
			await session.run(operands);
			return [];
		},
		dispose: () => session.release(),
	};
}
