import { print, typedCommand } from "@heed/command-line";
import { scoreText, textOf } from "./judge.ts";
import { lookBlocks } from "./looks.ts";
import type { TrainOptions } from "./options.ts";
import { trainCaptioner } from "./train-captioner.ts";

/** `caption train`: see {@link trainCaptioner}. Results go to stdout. */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const { folder, settings, verdict, minutes } = await trainCaptioner(options);
	const { task, attention } = settings.model;
	for (const { picture, caption } of verdict.samples) {
		await print(`${picture.name}: ${textOf(caption)}\n`);
		if (attention !== "none") await print(`${lookBlocks(caption, process.stdout.columns ?? 100)}\n`);
	}
	for (const { set, captions, score } of verdict.rows)
		await print(`${set}, ${captions}: ${scoreText(score)}`);
	await print(`held out: ${scoreText(verdict.score)}, after ${minutes.toFixed(1)} minutes of the processor`);
	const run = typedCommand("caption run", { model: folder.path, backend: options.backend });
	await print(
		`Report: ${folder.report}\nDescribe with: ${run} ${task === "scenes" ? "" : "picture.png"}`.trimEnd(),
	);
}
