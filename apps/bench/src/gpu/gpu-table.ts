import type { GpuReport } from "./gpu-report.ts";
import type { GpuRow } from "./measure-gpu.ts";

/** A report in lines of Markdown. */
export function gpuTable(report: GpuReport): string[] {
	const { adapter, software, host, onnxruntime, precision, exact, peak, rows } = report;
	const others = onnxruntime === undefined ? "" : `, onnxruntime-web ${onnxruntime}`;
	const halves = precision === "f16" ? " Operands of heed's products are half floats, but in decoding." : "";
	const program = software ? " (a program: the figures mean little)" : "";
	return [
		`${adapter}${program}; ${host}${others}.${halves}`,
		`Times by ${exact ? "the device" : "the clock on the wall"}; median of 5.`,
		`Peak: ${peak.teraflops.toPrecision(3)} TFLOP/s in multiply-adds, ${peak.gigabytes.toPrecision(3)} GB/s in a copy. GB/s of decoding: keys and values, read once.`,
		"",
		"| task | B H K Lq Lk D | who | ms | TFLOP/s | GB/s | of peak |",
		"| --- | --- | --- | ---: | ---: | ---: | ---: |",
		...rows.map(lineOf),
	];
}

function lineOf({
	task,
	size,
	contender,
	milliseconds,
	teraflops,
	gigabytes,
	share,
	failed,
}: GpuRow): string {
	const show = (x: number | undefined, digits: number): string => x?.toPrecision(digits) ?? "";
	const percent = share === undefined ? "" : `${(100 * share).toFixed(1)} %`;
	const time = failed ?? show(milliseconds, 4);
	return `| ${task} | ${size.join(" ")} | ${contender} | ${time} | ${show(teraflops, 3)} | ${show(gigabytes, 3)} | ${percent} |`;
}
