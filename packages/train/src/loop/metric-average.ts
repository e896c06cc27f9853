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
