import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { saveCheckpoint } from "@heed/train/node";
import { beforeEach, describe, expect, it } from "vitest";
import { outputFolder } from "../files/output-folder.ts";
import { Store } from "../files/store.ts";
import { UserError } from "../program/errors.ts";
import type { AllSettings } from "../settings/settings.ts";
import { useTerminal } from "../testing/index.ts";
import { type ComparedTraining, compareTrainings, type Finished } from "./compare-trainings.ts";

const model = { task: "line", kind: "", batchSize: 3 };
type Model = typeof model;
type Settings = AllSettings<Model, { readonly epochs: number; readonly samples: number }>;
interface Row extends Finished<Settings> {
	readonly score: number;
}
const store = new Store<Model, object>({
	program: "spell",
	settingsOf: (json) => json as Model,
	codecJson: (codec) => codec,
	readCodec: (json) => json,
});

const terminal = useTerminal("spell", async () => 0);
const out = (): string => terminal.file("out");
const file = (): string => join(out(), "comparison.json");
const folder = (name: string) => outputFolder(join(out(), name));
/** All that lies in the folder, with its contents: what is refused must leave it as it is. */
const all = (): unknown =>
	readdirSync(out(), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.sort()
		.map((path) => [path, readFileSync(path, "latin1")]);

let trained: ComparedTraining<Row>[] = [];
let stopAt = "";
beforeEach(() => {
	[trained, stopAt] = [[], ""];
});

interface Asked {
	readonly names?: readonly string[];
	readonly more?: Partial<Model>;
	readonly run?: Partial<Settings["run"]>;
	readonly overwrite?: boolean;
	readonly digest?: string;
}

/** Trains nothing, leaves what a training leaves, and needs two minutes. */
function compare({ names = ["a", "b"], more, run, overwrite, digest = "1" }: Asked = {}): Promise<Row[]> {
	const settings = { epochs: 1, samples: 4, ...run };
	return compareTrainings<Model, object, Row>({
		...{ store, out: out(), overwrite, describe: ({ task }) => `${task}s: draw some` },
		candidates: names.map((kind) => ({
			name: kind,
			settings: { model: { ...model, kind, ...more }, run: settings },
		})),
		isOne: ({ score }) => typeof score === "number",
		check: (stored) => store.checkSameData(stored, {}, digest),
		train: async (training) => {
			trained.push(training);
			const { name, settings, out: path } = training;
			mkdirSync(path, { recursive: true });
			await saveCheckpoint(outputFolder(path).checkpoint, {
				...{ epoch: 1, index: 0, step: 1, seed: 1, batches: 1, running: {}, history: [] },
				...{ weights: new Map(), optimizer: { kind: "Adam", iterations: 1, tensors: new Map() } },
				config: store.checkpointConfig(settings, {}, digest),
			});
			if (name === stopAt) throw new Error("stopped");
			writeFileSync(outputFolder(path).model, name);
			return { name, settings, weights: 7, minutes: 2, score: settings.run.epochs };
		},
	});
}
const names = (): string[] =>
	trained.splice(0).map(({ name, resume }) => `${name}${resume ? " goes on" : ""}`);

describe("compareTrainings", () => {
	it("trains each in a folder of its own, once", async () => {
		const rows = await compare();
		expect(trained.map(({ out: path }) => path)).toEqual([folder("a").path, folder("b").path]);
		expect(names()).toEqual(["a", "b"]);
		expect(rows).toMatchObject([
			{ name: "a", settings: { model: { kind: "a" } }, weights: 7, minutes: 2, score: 1 },
			{ name: "b", settings: { model: { kind: "b" } }, weights: 7, minutes: 2, score: 1 },
		]);
		terminal.stderr = "";
		expect(await compare({ names: ["b", "c", "a"], run: { samples: 0 } })).toMatchObject([
			rows[1] as Row,
			{ name: "c" },
			rows[0] as Row,
		]);
		expect(names()).toEqual(["c"]);
		expect(terminal.stderr).toBe("[1/3] b: finished before.\n[2/3] c:\n[3/3] a: finished before.\n");
		expect(await compare({ names: ["a"] })).toEqual([rows[0]]);
		expect(JSON.parse(readFileSync(file(), "utf8")).finished).toHaveLength(3); // what was not asked for is kept
	});

	it("goes on with what was stopped, and adds the minutes of a longer run to those before", async () => {
		stopAt = "b";
		await expect(compare()).rejects.toThrow("stopped");
		stopAt = "";
		expect(names()).toEqual(["a", "b"]);
		expect((await compare()).map(({ minutes }) => minutes)).toEqual([2, 2]);
		expect(names()).toEqual(["b goes on"]);
		const longer = await compare({ run: { epochs: 2 } });
		expect(longer).toMatchObject([
			{ minutes: 4, score: 2 },
			{ minutes: 4, score: 2 },
		]);
		expect(names()).toEqual(["a goes on", "b goes on"]);
		expect(await compare({ run: { epochs: 2 } })).toEqual(longer);
		expect(names()).toEqual([]);
	});

	it("trains again what has no model", async () => {
		await compare();
		rmSync(folder("a").model);
		rmSync(folder("b").path, { recursive: true });
		names();
		expect((await compare()).map(({ minutes }) => minutes)).toEqual([4, 2]);
		expect(names()).toEqual(["a goes on", "b"]);
	});

	it("refuses other settings and other data before anything is done", async () => {
		await compare({ names: ["b"] });
		stopAt = "c";
		await expect(compare({ names: ["c"] })).rejects.toThrow("stopped");
		names();
		const before = all();
		for (const last of ["b", "c"]) {
			const refused = (asked: Asked, message: string): Promise<void> =>
				expect(compare({ names: ["a", last], ...asked })).rejects.toThrow(new UserError(message));
			const instead = "start anew with --overwrite, or choose another --out.";
			const there = `${out()} holds a comparison`;
			await refused(
				{ more: { batchSize: 5 } },
				`${there} with other settings: --batch-size is 3 for ${last}, 5 came. Give the same, ${instead}`,
			);
			await refused({ more: { task: "curve" } }, `${there} of lines: draw some, ${instead}`);
			await refused({ digest: "2" }, store.otherData().message);
		}
		rmSync(folder("b").checkpoint);
		await expect(compare({ names: ["b"], more: { batchSize: 5 } })).rejects.toThrow(
			"--batch-size is 3 for b",
		);
		expect(names()).toEqual([]);
		writeFileSync(folder("b").checkpoint, "damaged");
		await expect(compare({ names: ["b"] })).rejects.toThrow(UserError);
		rmSync(folder("b").checkpoint);
		expect(all()).toEqual((before as [string][]).filter(([path]) => path !== folder("b").checkpoint));
	});

	it("with --overwrite trains all anew, and what is stopped then does not go on with what was there", async () => {
		await compare();
		names();
		writeFileSync(folder("b").report, "of the older training");
		stopAt = "a";
		const anew = { more: { batchSize: 5 }, digest: "2" };
		await expect(compare({ ...anew, overwrite: true })).rejects.toThrow("stopped");
		expect([file(), folder("a").model, ...Object.values(folder("b")).slice(1)].filter(existsSync)).toEqual(
			[],
		);
		stopAt = "";
		expect((await compare(anew)).map(({ minutes }) => minutes)).toEqual([2, 2]);
		expect(names()).toEqual(["a", "a goes on", "b"]);
		writeFileSync(file(), "{");
		expect(await compare({ overwrite: true })).toHaveLength(2);
	});

	it.each<readonly [what: string, text: string, message: string]>([
		["cut short", '{ "finished": [', "this is not JSON"],
		["null", "null", "is no comparison of this program. Choose another --out."],
		["no list", '{ "finished": {} }', "is no comparison of this program"],
		["of nothing", '{ "finished": [null] }', "is no comparison of this program"],
		...[undefined, null, {}, { model }, { run: {} }, { model: null, run: {} }, { model, run: 1 }].map(
			(settings) =>
				[
					`with the settings ${JSON.stringify(settings)}`,
					JSON.stringify({ finished: [{ name: "a", settings, weights: 1, minutes: 1, score: 1 }] }),
					"is no comparison of this program",
				] as const,
		),
		[
			"of another app",
			JSON.stringify({ finished: [{ name: "a", settings: { model, run: {} }, weights: 1, minutes: 1 }] }),
			"is no comparison of this program",
		],
	])("refuses a comparison.json %s", async (_, text, message) => {
		await compare();
		names();
		writeFileSync(file(), text);
		const before = all();
		const refusal = compare();
		await expect(refusal).rejects.toBeInstanceOf(UserError);
		await expect(refusal).rejects.toThrow(message);
		expect(all()).toEqual(before);
		expect(names()).toEqual([]);
	});
});
