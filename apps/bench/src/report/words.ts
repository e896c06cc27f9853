import type { Report } from "./report.ts";

/** Under which conditions the numbers came about, line by line. */
export function conditions({ date, machine, versions, build, absent, minutes, ...report }: Report): string[] {
	const { cpu, cores, platform, node } = machine;
	const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
	return [
		`${date.slice(0, 10)}, ${cpu}, ${cores} cores, ${platform}, Node ${node}, ${build} build of the kernels, one thread each.`,
		`${packages.join(", ")}.`,
		...absent.map(({ id, reason }) => `${id} did not take part: ${reason}.`),
		...(report.quick ? ["A quick run: fewer sizes, fewer runs."] : []),
		...(report.only ? [`Only: ${report.only.join(", ")}.`] : []),
		...(report.interrupted ? [`Stopped after ${minutes.toFixed(1)} minutes: the rest is missing.`] : []),
	];
}

/** What the words of the tables mean. */
export const explanations: readonly string[] = [
	"heed: tfjs-backend-wasm with the kernels of @heed/backend-wasm. stock: the same without them, attention composed of",
	"matMul, mul, add and softmax, gradients by tf.grads. fill-ins: with Heed's kernels for what stock cannot train.",
	"tensors, heap: most bytes beside operands and results, in tensors after any kernel, and asked of the wasm heap.",
	"GFLOP/s: of the textbook's count, matrix products alone. time / heed: above 1, heed is faster.",
];
