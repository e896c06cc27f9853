import { InterruptedError, print, typedCommand } from "@heed/command-line";
import { lookText } from "./look.ts";
import type { TrainOptions } from "./options.ts";
import type { Task } from "./settings.ts";
import { defaultOut } from "./store.ts";
import { trainNetwork } from "./train-network.ts";

/** `digits train`: trains a network, with progress on stderr and results on stdout. */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const { task = "transformer", backend } = options;
	const out = options.out ?? defaultOut(task);
	const { verdict, minutes, folder } = await trainNetwork({ ...options, out });
	if (verdict === undefined) {
		throw new InterruptedError(`interrupted. Go on with: ${resumeCommand(out, task, options)}`);
	}
	for (const sample of verdict.samples) await print(lookText(sample));
	await print(`held-out ${verdict.score.text}, after ${minutes.toFixed(1)} minutes`);
	const run = typedCommand("digits run", { model: folder.path, backend });
	await print(`Report: ${folder.report}\nRead pictures with: ${run} picture.png`);
}

/** What goes on with this training: what a checkpoint does not keep has to be said again. */
function resumeCommand(out: string, task: Task, options: TrainOptions): string {
	const { data, epochs, patience, samples, backend } = options;
	return typedCommand("digits train", { task, resume: true, out, data, epochs, patience, samples, backend });
}
