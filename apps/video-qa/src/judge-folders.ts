import { join } from "node:path";
import { kebab, loadWeights, prepareFolder, print, say, UserError } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { buildModel } from "./build-model.ts";
import { judge, type Verdict } from "./judge.ts";
import type { CompareOptions } from "./options.ts";
import { formName, renderComparison, scoreTable } from "./report.ts";
import { describeScore } from "./score.ts";
import { heldOutVideos, settingsFor } from "./settings.ts";
import { store } from "./store.ts";
import { readVideos } from "./task-data.ts";
import type { VideoSplit } from "./video.ts";

/** Judges trained models on the same held-out videos, and leaves a report if a place is given for one. */
export async function judgeFolders(folders: readonly string[], options: CompareOptions): Promise<void> {
	const { data: videos, backend, out, heldOut = heldOutVideos, samples = 2 } = options;
	checkLearning(options);
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
	if (out !== undefined) await prepareFolder({ path: out });
	await startBackend(backend);
	const known = new Map<string, VideoSplit>();
	const judged: { readonly name: string; readonly verdict: Verdict }[] = [];
	for (const [folder, stored] of models) {
		const { settings, codec } = stored;
		say(`Judging ${folder} …`);
		const model = buildModel(settings, codec);
		loadWeights(model.weights, stored);
		const key = JSON.stringify([settings.videos, settings.size, settings.seed]);
		const data = known.get(key) ?? readVideos(settings, Number(heldOut), videos);
		known.set(key, data);
		const verdict = await judge(model, codec, data, Number(samples));
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
	const table = scoreTable(rows, first.verdict.majority);
	const looks = judged.map(({ name, verdict }) => [name, verdict.samples] as const);
	const report = join(out, "report.html");
	await writeFileAtomically(report, renderComparison(table, looks));
	await print(`Report: ${report}`);
}

/** Refuses options of how to learn. */
function checkLearning(options: CompareOptions): void {
	const { model, run } = settingsFor("digits", {});
	const given = Object.entries(options).filter(([, value]) => value !== undefined);
	const names = [...Object.keys(model), ...Object.keys(run), "overwrite", "attentions"];
	const [other] =
		given.find(([name]) => names.includes(name) && name !== "heldOut" && name !== "samples") ?? [];
	if (other === undefined) return;
	throw new UserError(
		`--${kebab(other)} says what to train; folders that are named are judged as they are. Leave out one of the two.`,
	);
}
