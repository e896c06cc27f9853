import { readFile } from "node:fs/promises";

/** How the loss fell. An epoch may be a fraction: a point in the middle of the second one is at 1.5. */
export interface LossCurve {
	readonly training: readonly (readonly [epoch: number, loss: number])[];
	readonly validation: readonly (readonly [epoch: number, loss: number])[];
}

interface MetricRow {
	readonly event: "step" | "epoch";
	readonly epoch: number;
	readonly step: number;
	readonly loss: number | null;
	readonly valLoss?: number | null;
}

/**
 * Reads the curve from the file that `jsonlLog` writes, which has all epochs, those before a resume included. A loss that was
 * no finite number is NaN.
 *
 * @throws What `readFile` and `JSON.parse` throw, for a file that is missing or damaged.
 */
export async function readLossCurve(path: string): Promise<LossCurve> {
	const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
	const rows = lines.map((line) => JSON.parse(line) as MetricRow);
	const epochs = rows.filter(({ event }) => event === "epoch");
	const [last] = epochs.slice(-1);
	const perEpoch = last === undefined ? 1 : last.step / last.epoch;
	const training = rows
		.filter(({ event }) => event === "step")
		.map(({ step, loss }): LossCurve["training"][number] => [step / perEpoch, loss ?? Number.NaN]);
	const validation = epochs.map(({ epoch, valLoss }): LossCurve["training"][number] => [
		epoch,
		valLoss ?? Number.NaN,
	]);
	return { training, validation };
}
