import type * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkOptions, checkRank, checkShape } from "../checks.ts";
import { HeedError } from "../errors.ts";

/** What the recurrent sequences of this folder accept. */
export interface RecurrentSequenceOptions {
	/** Go from the last step to the first. Default false. */
	readonly reverse?: boolean | undefined;
}

/** Refuses inputs, states, a kernel or options of a sequence whose cell has so many gates, if they do not fit together. */
export function checkSequence(
	where: string,
	gates: number,
	x: tf.Tensor3D,
	states: Readonly<Record<string, tf.Tensor2D>>,
	kernel: tf.Tensor2D,
	options: object,
	optionNames: readonly string[] = ["reverse"],
): void {
	checkOptions(where, options, optionNames);
	const { reverse } = options as RecurrentSequenceOptions;
	if (reverse !== undefined && typeof reverse !== "boolean") {
		throw new HeedError("OPTION", where, `\`reverse\` is ${String(reverse)}; expected true or false.`);
	}
	checkRank(where, "kernel", kernel, ["units", `${gates}·units`]);
	const units = kernel.shape[0];
	checkShape(where, "kernel", kernel, ["units", `${gates}·units`], [units, gates * units], "its rows");
	const axes = ["time", "batch", `${gates}·units`];
	checkShape(where, "x", x, axes, [null, null, gates * units], "the kernel");
	if (x.shape[0] === 0) throw new HeedError("SHAPE", where, "x has no time steps; expected at least one.");
	for (const [name, state] of Object.entries(states)) {
		checkShape(where, name, state, ["batch", "units"], [x.shape[1], units], "x and the kernel");
	}
	for (const [name, tensor] of Object.entries({ x, ...states, kernel }))
		checkDtype(where, name, tensor, "float32");
}
