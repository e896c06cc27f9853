import type { ContenderId } from "../contenders/contender.ts";
import { isMeasured, type MeasuredRow, type Row } from "../measure/row.ts";

/** A figure that heed is to reach. */
export interface Target {
	readonly what: string;
	readonly bound: "at least" | "at most";
	readonly value: number;
	/** What is hoped for beyond that. */
	readonly aim?: number;
	readonly unit: "×" | "MB";
	/** Nothing where a row that it needs was not measured. */
	readonly measure: (rows: readonly Row[]) => number | undefined;
}

/** A target, what came out, and whether that is enough. */
export interface Verdict extends Omit<Target, "measure"> {
	readonly measured: number | undefined;
	readonly reached: boolean | undefined;
}

const attention = "attention B 1 H 8 L 1024 D 64";

/** What the kernels of @heed/backend-wasm are held to. */
export const targets: readonly Target[] = [
	faster(`${attention}, forward`, "attention/1024", "stock", 12),
	faster(`${attention}, forward`, "attention/1024", "onnxruntime-web", 1.6, 2),
	{
		what: `${attention}, causal: as fast as heed's own without a mask`,
		bound: "at least",
		value: 1.7,
		unit: "×",
		measure: quotient("attention/1024", "attention-causal/1024"),
	},
	faster(`${attention}, forward + backward`, "attention-backward/1024", "stock", 10),
	{
		what: "attention B 1 H 1 L 16,384 D 64, forward: memory beside operands and output",
		bound: "at most",
		value: 16,
		unit: "MB",
		measure: (rows) => megabytes(heedRow(rows, "length/16384")),
	},
	faster("matMul 512³, right one transposed", "matmul/nt", "stock", 14),
	faster("matMul 512³, left one transposed", "matmul/tn", "stock", 35),
	faster("matMul 512³", "matmul/nn", "stock", 1.7),
	faster("GRU training step B 64 T 20 128 → 256", "recurrent/gru", "stock", 6, 10),
	{
		what: "convolution 3 × 3, forward + backward: time of heed's own forward",
		bound: "at most",
		value: 4,
		unit: "×",
		measure: quotient("conv/backward", "conv/forward"),
	},
	faster("the translator's training step, stock with fill-ins", "translator", "stock", 4),
];

/** Holds what was measured against the targets. */
export function judge(rows: readonly Row[], all: readonly Target[] = targets): Verdict[] {
	return all.map(({ measure, ...target }) => {
		const measured = measure(rows);
		const reached =
			measured === undefined
				? undefined
				: target.bound === "at least"
					? measured >= target.value
					: measured <= target.value;
		return { ...target, measured, reached };
	});
}

/** So many times as fast as a peer. */
function faster(what: string, workload: string, peer: ContenderId, value: number, aim?: number): Target {
	return {
		what: `${what}: as fast as ${peer}`,
		bound: "at least",
		value,
		unit: "×",
		...(aim !== undefined && { aim }),
		measure: (rows) => rows.filter(isMeasured).find(isRow(workload, peer))?.ratio,
	};
}

/** One time of heed over another. */
function quotient(upper: string, lower: string): Target["measure"] {
	return (rows) => {
		const [above, below] = [heedRow(rows, upper), heedRow(rows, lower)];
		return above && below && above.median / below.median;
	};
}

function heedRow(rows: readonly Row[], workload: string): MeasuredRow | undefined {
	return rows.filter(isMeasured).find(isRow(workload, "heed"));
}

function isRow(workload: string, contender: ContenderId): (row: Row) => boolean {
	return (row) => row.workload === workload && row.contender === contender;
}

/** The larger of the two figures for memory. */
function megabytes(row: MeasuredRow | undefined): number | undefined {
	if (row?.memory === undefined) return undefined;
	return Math.max(row.memory.tensorBytes, row.memory.heapBytes ?? 0) / 1e6;
}
