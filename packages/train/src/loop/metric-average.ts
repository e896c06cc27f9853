import { HeedError } from "@heed/core";

/** Sums of one metric: the weighted values, and the weights. */
export type MetricSums = Readonly<Record<string, readonly [sum: number, weight: number]>>;

/** The mean of each metric over an epoch, every batch counted by its number of examples. */
export class MetricAverage {
	readonly #sums = new Map<string, [sum: number, weight: number]>();

	/** Starts from nothing, or from the sums of a part of an epoch. */
	constructor(sums: MetricSums = {}) {
		for (const [name, [sum, weight]] of Object.entries(sums)) this.#sums.set(name, [sum, weight]);
	}

	/** Adds the metrics of one batch. */
	add(metrics: Readonly<Record<string, number>>, weight: number): void {
		for (const [name, value] of Object.entries(metrics)) {
			const [sum, total] = this.#sums.get(name) ?? [0, 0];
			this.#sums.set(name, [sum + value * weight, total + weight]);
		}
	}

	/** The means so far. */
	means(): Record<string, number> {
		return Object.fromEntries([...this.#sums].map(([name, [sum, weight]]) => [name, sum / weight]));
	}

	/** The sums so far, for a checkpoint. */
	sums(): MetricSums {
		return Object.fromEntries([...this.#sums].map(([name, [sum, weight]]) => [name, [sum, weight] as const]));
	}
}

/** What observers and logs have beside the metrics. */
const reserved = ["event", "epoch", "step", "learningRate", "seconds"];

/** Refuses a name of a metric that would hide something else in an event or a log. */
export function checkMetricName(name: string, source: string): void {
	if (!reserved.includes(name)) return;
	throw new HeedError(
		"OPTION",
		"train",
		`${source} gave a metric '${name}', which is the name of another entry of the log. Rename it; ` +
			`${reserved.join(", ")} are taken.`,
	);
}

/** Adds the metrics that `source` gave to those of an epoch, and refuses names that are taken. */
export function addMetrics(
	metrics: Record<string, number>,
	more: Readonly<Record<string, number>>,
	source: "validation" | "evaluate",
): void {
	for (const [name, value] of Object.entries(more)) {
		checkMetricName(name, `\`${source}\``);
		if (Object.hasOwn(metrics, name)) {
			const message = `\`${source}\` gave a metric '${name}', but this epoch has one of that name. Rename one of them.`;
			throw new HeedError("OPTION", "train", message);
		}
		metrics[name] = value;
	}
}
