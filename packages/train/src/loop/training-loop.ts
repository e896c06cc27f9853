import { HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { type BatchPlace, releaseBatch } from "../batch/batch-source.ts";
import { clipByGlobalNorm } from "../optimizer/clip-by-global-norm.ts";
import { firstNonFinite } from "../optimizer/first-non-finite.ts";
import { learningRateOf, setLearningRate } from "../optimizer/learning-rate.ts";
import type { NamedVariable } from "../optimizer/named-variables.ts";
import { captureOptimizer, restoreOptimizer } from "../optimizer/optimizer-state.ts";
import { stepSeed } from "../random/step-seed.ts";
import { type BestEpoch, improves, type StoppingRule, stoppingRule } from "./early-stopping.ts";
import { gradientsOfBatch } from "./loss-of-batch.ts";
import { addMetrics, MetricAverage } from "./metric-average.ts";
import type { TrainOptions } from "./train-options.ts";
import type { EpochEvent, StepEvent, StopReason, TrainingRun, ValidationEvent } from "./training-observer.ts";
import type { EpochRecord, TrainingState } from "./training-state.ts";
import { validationMetrics } from "./validation-metrics.ts";
import { assignWeights, saveWeights } from "./weights.ts";
import { yieldNowAndThen } from "./yield-now-and-then.ts";

/** The moving parts of one run. `train` checks the options, drives it and reports. */
export class TrainingLoop<Batch> implements TrainingRun {
	readonly epochs: number;
	readonly batches: number;
	epoch = 0;
	index = 0;
	step = 0;
	best: BestEpoch | undefined;
	history: EpochRecord[] = [];
	readonly #options: TrainOptions<Batch>;
	readonly #rule: StoppingRule | undefined;
	readonly #seed: number;
	readonly #trained: readonly NamedVariable[];
	readonly #untrained: readonly NamedVariable[];
	readonly #breathe = yieldNowAndThen();
	/** Complete epochs when the search for the best one began. */
	#since = 0;
	#averages = new MetricAverage();
	#stopReason: StopReason | undefined;

	constructor(
		options: TrainOptions<Batch>,
		trained: readonly NamedVariable[],
		untrained: readonly NamedVariable[],
	) {
		this.#options = options;
		this.#rule = stoppingRule(options);
		this.#seed = options.seed ?? 0;
		this.#trained = trained;
		this.#untrained = untrained;
		this.epochs = options.epochs;
		this.batches = options.data.batches;
	}

	stop(reason: "interrupted" | "stopped" = "stopped"): void {
		this.#stopReason ??= reason;
	}

	async state(): Promise<TrainingState> {
		const { epoch, index, step, batches, history, best } = this;
		return {
			epoch,
			index,
			step,
			seed: this.#seed,
			batches,
			running: this.#averages.sums(),
			history: [...history],
			...(best && { best }),
			...(this.#rule && { stopping: { ...this.#rule, since: this.#since } }),
			weights: await saveWeights(this.#trained, this.#untrained, this.step),
			optimizer: await captureOptimizer(this.#options.optimizer, this.#trained),
			config: this.#options.config ?? null,
		};
	}

	/** Goes on from a state that was checked to fit. */
	restore(state: TrainingState): void {
		this.epoch = state.epoch;
		this.index = state.index;
		this.step = state.step;
		if (this.#rule !== undefined) {
			this.best = state.best;
			this.#since = state.stopping?.since ?? state.epoch;
		}
		this.history = [...state.history];
		this.#averages = new MetricAverage(state.running);
		assignWeights([...this.#trained, ...this.#untrained], state.weights);
		restoreOptimizer(this.#options.optimizer, state.optimizer, this.#trained);
	}

	/** Runs until an end is reached, and tells which. */
	async run(): Promise<Exclude<StopReason, "failed">> {
		while (this.epoch < this.epochs) {
			if (this.#isPatienceOver()) return "early-stopping";
			const started = performance.now();
			while (this.index < this.batches) {
				const stopped = this.#stopped();
				if (stopped !== undefined) return stopped;
				await this.#update();
				await this.#breathe();
			}
			const metrics = await this.#metricsOfEpoch();
			if (metrics === undefined) return this.#stopped() ?? "stopped";
			await this.#closeEpoch(metrics, started);
		}
		return "completed";
	}

	/** Puts the weights of the best epoch back, when there is one to restore. */
	restoreBest(): void {
		const { earlyStopping } = this.#options;
		const wanted = earlyStopping !== undefined && (earlyStopping.restoreBest ?? true);
		if (wanted && this.best?.weights !== undefined)
			assignWeights([...this.#trained, ...this.#untrained], this.best.weights);
	}

	async #update(): Promise<void> {
		const { optimizer, loss, data, learningRate, clipNorm, observers = [] } = this.#options;
		const place = this.#place(this.epoch, this.index);
		const batch = await data.batch(place);
		let gradients: (tf.Tensor | null)[] = [];
		let clipped: tf.Tensor[] = [];
		try {
			const context = {
				training: true,
				epoch: this.epoch,
				step: this.step,
				seed: stepSeed(this.#seed, this.step),
			};
			const result = await gradientsOfBatch(loss, batch, data.size(place), context, this.#trained);
			gradients = [...result.gradients];
			this.#checkFinite("loss", result.metrics.loss);
			let gradientNorm: number | undefined;
			if (clipNorm === undefined) {
				const broken = this.#trained[await firstNonFinite(gradients)];
				if (broken !== undefined) this.#refuse(`gradient of '${broken.name}' is not finite`);
			} else {
				const present = gradients.filter((gradient) => gradient !== null);
				const short = await clipByGlobalNorm(present, clipNorm);
				clipped = short.gradients;
				gradientNorm = short.norm;
				this.#checkFinite("norm of the gradients", gradientNorm);
				let next = 0;
				gradients = gradients.map((gradient) => (gradient === null ? null : (clipped[next++] ?? null)));
				tf.dispose(present.filter((gradient) => !clipped.includes(gradient)));
			}
			if (learningRate !== undefined) {
				setLearningRate(optimizer, typeof learningRate === "number" ? learningRate : learningRate(this.step));
			}
			// Every variable every time, so that the host's optimizers, which count places, keep theirs.
			optimizer.applyGradients(
				this.#trained.map(({ variable }, i) => ({ name: variable.name, tensor: gradients[i] as tf.Tensor })),
			);
			this.#averages.add(result.metrics, result.weight);
			this.index++;
			this.step++;
			const rate = learningRateOf(optimizer);
			const event: StepEvent = {
				run: this,
				epoch: this.epoch + 1,
				index: this.index,
				step: this.step,
				metrics: result.metrics,
				averages: this.#averages.means(),
				...(rate !== undefined && { learningRate: rate }),
				...(gradientNorm !== undefined && { gradientNorm }),
			};
			for (const observer of observers) await observer.onStep?.(event);
		} finally {
			tf.dispose(gradients as tf.Tensor[]);
			releaseBatch(data, batch);
		}
	}

	/** The means of the epoch and of its validation, or nothing when the run was stopped meanwhile. */
	async #metricsOfEpoch(): Promise<Record<string, number> | undefined> {
		// Stopped before its end was reached: what closes the epoch is left to the run that resumes.
		const isStopped = (): boolean => this.#stopped() !== undefined;
		if (isStopped()) return undefined;
		const { validation, evaluate, loss } = this.#options;
		const metrics = this.#averages.means();
		if (validation !== undefined) {
			await this.#tellValidation("validating", 0, validation.batches);
			const means = await validationMetrics(validation, loss, {
				epoch: this.epoch,
				step: this.step,
				seed: this.#seed,
				afterBatch: async (index) => {
					await this.#tellValidation("validating", index, validation.batches);
					await this.#breathe();
					return isStopped();
				},
			});
			if (means === undefined) return undefined;
			addMetrics(metrics, means, "validation");
		}
		if (evaluate !== undefined) {
			await this.#tellValidation("evaluating", 0, 0);
			addMetrics(metrics, await evaluate({ epoch: this.epoch + 1, step: this.step }), "evaluate");
			await this.#breathe();
		}
		return isStopped() ? undefined : metrics;
	}

	async #tellValidation(
		activity: ValidationEvent["activity"],
		index: number,
		batches: number,
	): Promise<void> {
		const event: ValidationEvent = { run: this, epoch: this.epoch + 1, activity, index, batches };
		for (const observer of this.#options.observers ?? []) await observer.onValidation?.(event);
	}

	async #closeEpoch(metrics: Record<string, number>, started: number): Promise<void> {
		const { optimizer, observers = [], earlyStopping } = this.#options;
		this.epoch++;
		this.index = 0;
		this.#averages = new MetricAverage();
		const record: EpochRecord = { epoch: this.epoch, step: this.step, metrics };
		this.history.push(record);
		let improved = false;
		if (earlyStopping !== undefined && this.#rule !== undefined) {
			const { monitor } = this.#rule;
			const value = Object.hasOwn(metrics, monitor) ? metrics[monitor] : undefined;
			if (value === undefined) {
				throw new HeedError(
					"OPTION",
					"train",
					`\`earlyStopping.monitor\` is '${monitor}'; the metrics are ${Object.keys(metrics).join(", ")}.`,
				);
			}
			improved = improves(value, this.best?.value, earlyStopping);
			if (improved) {
				const keep = earlyStopping.restoreBest ?? true;
				this.best = {
					epoch: this.epoch,
					value,
					...(keep && { weights: await saveWeights(this.#trained, this.#untrained, this.step) }),
				};
			}
		}
		const rate = learningRateOf(optimizer);
		const event: EpochEvent = {
			run: this,
			...record,
			improved,
			...(rate !== undefined && { learningRate: rate }),
			seconds: (performance.now() - started) / 1000,
		};
		for (const observer of observers) await observer.onEpoch?.(event);
	}

	#isPatienceOver(): boolean {
		const { earlyStopping } = this.#options;
		return (
			earlyStopping !== undefined && this.epoch - (this.best?.epoch ?? this.#since) >= earlyStopping.patience
		);
	}

	#stopped(): Exclude<StopReason, "failed"> | undefined {
		const reason = this.#stopReason ?? (this.#options.signal?.aborted ? "aborted" : undefined);
		return reason as Exclude<StopReason, "failed"> | undefined;
	}

	#place(epoch: number, index: number): BatchPlace {
		return { epoch, index, seed: this.#seed };
	}

	#checkFinite(what: string, value: number | undefined): void {
		if (!Number.isFinite(value)) this.#refuse(`${what} is ${value}`);
	}

	#refuse(problem: string): never {
		throw new HeedError(
			"VALUE",
			"train",
			`the ${problem} at step ${this.step + 1} (epoch ${this.epoch + 1}, batch ${this.index + 1} of ` +
				`${this.batches}); the weights are those before it. Lower the learning rate, set \`clipNorm\`, or look for ` +
				"a logarithm, root or division of 0 in the loss.",
		);
	}
}
