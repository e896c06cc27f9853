import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadWeights, outputFolder, prepareFolder, print, say, UserError } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { renderHtml } from "@heed/viz";
import { buildModel } from "./build-model.ts";
import { judge, type Verdict } from "./judge.ts";
import type { CompareOptions } from "./options.ts";
import { formName, lookSections, scoreTable } from "./report.ts";
import { describeScore } from "./score.ts";
import { attentionKinds } from "./settings.ts";
import { store } from "./store.ts";
import { readVideos } from "./task-data.ts";
import type { VideoSplit } from "./video.ts";

/** `video-qa compare`: judges trained models on the same held-out videos. */
export async function compareCommand(given: readonly string[], options: CompareOptions): Promise<void> {
	const { data: videos, heldOut, backend, out } = options;
	const folders = given.length > 0 ? given : trainedFolders();
	// What is wrong with any of them, or with the place of the report, is said before the first is judged.
	const models = new Map<string, Awaited<ReturnType<typeof store.readModel>>>();
	for (const folder of folders) {
		const stored = await store.readModel(folder, { backend });
		const { settings } = stored;
		if ((settings.task === "folder") !== (videos !== undefined)) {
			const wants =
				settings.task === "folder"
					? "was trained on videos of a folder: give its --data"
					: "was trained on generated videos: leave out --data";
			throw new UserError(`${folder} ${wants}.`);
		}
		models.set(folder, stored);
	}
	if (out !== undefined) await prepareFolder({ path: dirname(out) });
	await startBackend(backend);
	const known = new Map<string, VideoSplit>();
	const judged: { readonly name: string; readonly verdict: Verdict }[] = [];
	for (const [folder, stored] of models) {
		const { settings, codec } = stored;
		say(`Judging ${folder} …`);
		const model = buildModel(settings, codec);
		loadWeights(model.weights, stored);
		const key = JSON.stringify([settings.videos, settings.size, settings.seed]);
		const data = known.get(key) ?? readVideos(settings, heldOut, videos);
		known.set(key, data);
		const verdict = await judge(model, codec, data, 2);
		model.dispose();
		const name = formName(settings.attention);
		judged.push({ name, verdict });
		await print(`${folder}, ${name}: ${describeScore(verdict.score)}`);
	}
	const [first] = judged;
	if (first === undefined) return;
	await print(`the question alone: ${describeScore(first.verdict.majority)}`);
	if (out === undefined) return;
	const rows = judged.map(({ name, verdict }) => [name, verdict.score] as const);
	const report = renderHtml({
		title: "Questions about videos: kinds of attention",
		sections: [
			{ tables: [scoreTable(rows, first.verdict.majority)] },
			...judged.flatMap(({ name, verdict }) =>
				lookSections(verdict.samples).map((section) => ({
					...section,
					heading: `${name}: ${section.heading}`,
				})),
			),
		],
	});
	await writeFileAtomically(out, report);
	await print(`Report: ${out}`);
}

/** The folders that trainings go to when nothing is said, as far as they are there. */
function trainedFolders(): string[] {
	const found = attentionKinds
		.map((kind) => join("out", kind))
		.filter((path) => existsSync(outputFolder(path).model));
	if (found.length > 0) return found;
	throw new UserError(
		"there are no trainings in out/. Train some with: pnpm video-qa train --attention none",
	);
}
