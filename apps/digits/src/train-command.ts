import { print, typedCommand } from "@heed/command-line";
import { lookText } from "./look.ts";
import type { TrainOptions } from "./options.ts";
import { trainNetwork } from "./train-network.ts";

/** `digits train`: trains a network, with progress on stderr and results on stdout. */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const { verdict, training } = await trainNetwork(options);
	const { folder, minutes } = training;
	for (const sample of verdict.samples) await print(lookText(sample));
	await print(`held-out ${verdict.score.text}, after ${minutes().toFixed(1)} minutes of the processor`);
	const run = typedCommand("digits run", { model: folder.path, backend: options.backend });
	await print(`Report: ${folder.report}\nRead pictures with: ${run} picture.png`);
}
