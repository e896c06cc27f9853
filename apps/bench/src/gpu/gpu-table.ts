import type { GpuReport, GpuRow } from "./measure-gpu.ts";

/** A report in lines of Markdown. */
export function gpuTable({ exact, peak, rows }: GpuReport): string[] {
	return [
		`Times by ${exact ? "the device" : "the clock on the wall"}; median of 5.`,
		`Peak: ${peak.teraflops.toPrecision(3)} TFLOP/s, ${peak.gigabytes.toPrecision(3)} GB/s of a copy.`,
		"",
		"| task | B H K Lq Lk D | who | ms | TFLOP/s | of peak | GB/s |",
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
	share,
	gigabytes,
	failed,
}: GpuRow): string {
	const show = (x: number | undefined, digits: number): string => x?.toPrecision(digits) ?? "";
	const percent = share === undefined ? "" : `${(100 * share).toFixed(1)} %`;
	const time = failed ?? show(milliseconds, 4);
	return `| ${task} | ${size.join(" ")} | ${contender} | ${time} | ${show(teraflops, 3)} | ${percent} | ${show(gigabytes, 3)} |`;
}
