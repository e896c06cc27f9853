import { checkNumber, checkOptions, HeedError } from "@heed/core";
import { listVariables } from "../optimizer/named-variables.ts";
import { checkJson } from "./check-json.ts";
import { checkResume } from "./check-resume.ts";
import { checkEarlyStopping, stoppingRule } from "./early-stopping.ts";
import type { TrainingResult, TrainOptions } from "./train-options.ts";
import { TrainingLoop } from "./training-loop.ts";
import type { StopReason } from "./training-observer.ts";

/** The names of {@link LoopOptions}. */
export const loopOptionNames: readonly string[] = [
	"optimizer",
	"epochs",
	"seed",
	"learningRate",
	"clipNorm",
	"evaluate",
	"earlyStopping",
	"signal",
	"observers",
	"config",
	"resume",
];

/**
 * Trains variables to make a loss small.
 *
 *     for every epoch:  for every batch:  gradients of the loss → clip → optimizer
 *                       validate → compare with the best epoch → tell the observers
 *
 * Everything that varies follows from `seed` and the place in the run, and the state between two updates is plain data:
 * a run that is stopped anywhere and resumed gives, on the cpu backend to the last bit, what it would have given.
 *
 * The weights of the best epoch are put back at the end, whatever ended the run, when `earlyStopping` is set; otherwise
 * the last ones stay.
 *
 * @throws HeedError when the loss is not finite, before it can spoil the weights; when `resume` does not fit, before
 *   anything is touched; and whatever the loss, the data or an observer throws.
 */
export async function train<Batch>(options: TrainOptions<Batch>): Promise<TrainingResult> {
	const where = "train";
	checkOptions(where, options, [...loopOptionNames, "variables", "untrained", "loss", "data", "validation"]);
	const { optimizer, epochs, seed = 0, clipNorm, earlyStopping, resume, data, config = null } = options;
	checkNumber(where, "epochs", epochs, { integer: true, min: 1 });
	checkNumber(where, "seed", seed, { integer: true });
	checkNumber(where, "data.batches", data.batches, { integer: true, min: 1 });
	if (options.validation !== undefined) {
		checkNumber(where, "validation.batches", options.validation.batches, { integer: true, min: 1 });
	}
	checkJson(where, "config", config);
	if (clipNorm !== undefined) checkNumber(where, "clipNorm", clipNorm, { above: 0 });
	if (typeof options.learningRate === "number") {
		checkNumber(where, "learningRate", options.learningRate, { min: 0 });
	}
	if (earlyStopping !== undefined) checkEarlyStopping(where, earlyStopping);
	const trained = listVariables(where, "variables", options.variables);
	const untrained = listVariables(where, "untrained", options.untrained ?? []);
	if (trained.length === 0) throw new HeedError("OPTION", where, "`variables` is empty; nothing to train.");
	const both = untrained.find(({ name }) => trained.some((other) => other.name === name));
	if (both)
		throw new HeedError("OPTION", where, `'${both.name}' is both in \`variables\` and in \`untrained\`.`);

	const loop = new TrainingLoop(options, trained, untrained);
	if (resume !== undefined) {
		checkResume(where, resume, {
			variables: [...trained, ...untrained],
			trained,
			optimizer,
			seed,
			batches: data.batches,
			stopping: stoppingRule(options),
			config,
		});
		loop.restore(resume);
	}
	const { observers = [] } = options;
	let reason: StopReason = "failed";
	let failure: { error: unknown } | undefined;
	try {
		for (const observer of observers) await observer.onStart?.(loop);
		reason = await loop.run();
	} catch (error) {
		failure = { error };
	}
	for (const observer of observers) {
		try {
			await observer.onStop?.({ run: loop, reason, ...(failure && { error: failure.error }) });
		} catch (error) {
			failure ??= { error };
		}
	}
	loop.restoreBest();
	if (failure !== undefined) throw failure.error;

	const { epoch, step, history, best } = loop;
	return {
		reason: reason as TrainingResult["reason"],
		epoch,
		step,
		history: [...history],
		...(best && { best: { epoch: best.epoch, value: best.value } }),
	};
}
