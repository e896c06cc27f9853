import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@heed/io/node";
import { clearFolder, outputFolder, prepareFolder } from "../files/output-folder.ts";
import { readJson } from "../files/read-text.ts";
import type { Store, StoredTraining } from "../files/store.ts";
import { UserError } from "../program/errors.ts";
import { kebab } from "../program/typed-command.ts";
import type { AllSettings } from "../settings/settings.ts";
import { say } from "../terminal/print.ts";

/** A training of a comparison that has ended; an app adds what it is judged by, as JSON. */
export interface Finished<Settings> {
	readonly name: string;
	readonly settings: Settings;
	/** Numbers that were fitted or are kept. */
	readonly weights: number;
	/** How long the processor worked, with the judging and without the runs that were stopped. */
	readonly minutes: number;
}

/** What one training of a comparison is told. */
export interface ComparedTraining<One extends Finished<unknown>> {
	readonly name: One["name"];
	readonly settings: One["settings"];
	/** A folder of its own. */
	readonly out: string;
	/** Whether it goes on there. */
	readonly resume?: true;
}

/** What {@link compareTrainings} compares, and how. */
export interface Comparison<Model extends object, Codec, One extends Finished<AllSettings<Model, object>>> {
	readonly store: Store<Model, Codec>;
	/** Where all of it goes: `comparison.json`, and a folder for each name. */
	readonly out: string;
	/** Train all of them anew. */
	readonly overwrite?: boolean | undefined;
	readonly candidates: readonly Pick<One, "name" | "settings">[];
	/** Whether what was read from the file is one of this app's. */
	isOne(read: Partial<One>): boolean;
	/** What a training of another task is of, and what to do about it: `videos of a folder: give its --data`. */
	describe(stored: Model): string;
	/** Refuses to go on with what is there, or to keep it, for reasons of the app's: other data. */
	check?(stored: StoredTraining<Model, Codec>): void;
	/** Trains and judges one, and says what it came to. */
	train(training: ComparedTraining<One>): Promise<One>;
}

/**
 * Trains some models after each other, each in a folder of its own, and keeps what each came to. Those that are finished are not
 * trained again; one that was stopped, or whose run is to be another, goes on. What was trained with other settings is refused before
 * anything is done.
 *
 * @returns What all candidates came to, in their order.
 * @throws UserError
 */
export async function compareTrainings<
	Model extends object,
	Codec,
	One extends Finished<AllSettings<Model, object>>,
>(comparison: Comparison<Model, Codec, One>): Promise<One[]> {
	const { out, candidates, overwrite = false, train } = comparison;
	const file = join(out, "comparison.json");
	let done = overwrite ? [] : readFinished(file, comparison);
	for (const candidate of overwrite ? [] : candidates) await checkSame(candidate, done, comparison);
	await prepareFolder({ path: out });
	if (overwrite) {
		await rm(file, { force: true });
		for (const { name } of candidates) await clearFolder(outputFolder(join(out, name))); // or one that is stopped would go on with an older one
	}
	for (const [i, { name, settings }] of candidates.entries()) {
		const place = `[${i + 1}/${candidates.length}] ${name}`;
		const folder = outputFolder(join(out, name));
		const before = done.find((one) => one.name === name);
		if (before && isSameRun(before.settings.run, settings.run) && existsSync(folder.model)) {
			say(`${place}: finished before.`);
			continue;
		}
		say(`${place}:`);
		const resume = existsSync(folder.checkpoint) && { resume: true as const };
		const one = await train({ name, settings, out: folder.path, ...resume });
		const minutes = one.minutes + (resume && before ? before.minutes : 0);
		done = [...done.filter((other) => other.name !== name), { ...one, minutes }];
		await writeFileAtomically(file, JSON.stringify({ finished: done }, undefined, "\t"));
	}
	return candidates.flatMap(({ name }) => done.filter((one) => one.name === name));
}

function readFinished<Model extends object, Codec, One extends Finished<AllSettings<Model, object>>>(
	file: string,
	{ isOne }: Comparison<Model, Codec, One>,
): One[] {
	if (!existsSync(file)) return [];
	const { finished } = (readJson(file) ?? {}) as { readonly finished?: unknown };
	const known = (one: Partial<One> | null): boolean => {
		const { model, run } = one?.settings ?? {};
		return [model, run].every((part) => typeof part === "object" && part !== null) && isOne(one ?? {});
	};
	if (Array.isArray(finished) && finished.every(known)) return finished as One[];
	throw new UserError(`${file} is no comparison of this program. Choose another --out.`);
}

/** Refuses to set beside each other what was trained with other settings. */
async function checkSame<Model extends object, Codec, One extends Finished<AllSettings<Model, object>>>(
	{ name, settings }: Pick<One, "name" | "settings">,
	done: readonly One[],
	{ store, out, describe, check }: Comparison<Model, Codec, One>,
): Promise<void> {
	const { checkpoint } = outputFolder(join(out, name));
	const stored = existsSync(checkpoint) ? await store.readTraining(checkpoint) : undefined;
	const model = stored?.settings ?? done.find((one) => one.name === name)?.settings.model;
	if (model === undefined) return;
	const [there, here] = [model, settings.model] as Readonly<Record<string, unknown>>[];
	const other = Object.keys(there ?? {}).find((key) => there?.[key] !== here?.[key]);
	if (other !== undefined) {
		const differs =
			other === "task"
				? `of ${describe(model)}`
				: `with other settings: --${kebab(other)} is ${there?.[other]} for ${name}, ${here?.[other]} came. Give the same`;
		const instead = "start anew with --overwrite, or choose another --out.";
		throw new UserError(`${out} holds a comparison ${differs}, ${instead}`);
	}
	if (stored !== undefined) check?.(stored);
}

/** Whether two runs end alike and are judged alike; how much of it is shown does not matter. */
function isSameRun(before: object, asked: object): boolean {
	const there = before as Readonly<Record<string, unknown>>;
	return Object.entries(asked).every(([name, value]) => name === "samples" || there[name] === value);
}
