import { UserError } from "../program/errors.ts";
import { kebab } from "../program/typed-command.ts";

/** All that is set. */
export interface AllSettings<Model extends object, Run extends object> {
	/** What decides the task, the model's shape and the course of the training. It is stored beside the weights. */
	readonly model: Model;
	/** What may change from one run to the next of the same training. */
	readonly run: Run;
}

/** The settings that were given: names that are absent were not. */
export type Given<Model extends object, Run extends object> = {
	readonly [Name in keyof Model | keyof Run]?: unknown;
};

/** Fills in the defaults of a task. */
export function fillSettings<Model extends object, Run extends object>(
	defaults: AllSettings<Model, Run>,
	given: Given<Model, Run>,
): AllSettings<Model, Run> {
	const { model, run } = defaults;
	return { model: { ...model, ...chosen(given, model) }, run: { ...run, ...chosen(given, run) } };
}

/** What was given of the names that `group` has. */
function chosen<Group extends object>(given: object, group: Group): Partial<Group> {
	const entries = Object.entries(given).filter(([name, value]) => name in group && value !== undefined);
	return Object.fromEntries(entries) as Partial<Group>; // the option parser has checked each value
}

/** The settings of a training that goes on. */
export interface StoredSettings<Model extends object> {
	readonly settings: Model;
	/** What its last run was to do; what was written before this was kept has nothing. */
	readonly run?: object;
}

/** What {@link resumeSettings} says in its messages. */
export interface ResumeOptions<Model extends object> {
	readonly folder: string;
	/** What a training of the stored task is of, and how to go on with it: `dates: leave out --data`. */
	describe(stored: Model): string;
	/** The option of a setting without its hyphens. Default: its name in kebab case. */
	optionOf?(name: string): string;
}

/**
 * The settings of a training that goes on: those of the model stay, and giving another value is an error, because the
 * stored weights, or the numbers that were drawn so far, would not fit it. Those of the run are what it was planned with,
 * where no other is given.
 *
 * @param defaults Of the task that is asked for now.
 * @throws UserError that names the option and both values, or says that the task is another.
 */
export function resumeSettings<Model extends { readonly task: string }, Run extends object>(
	{ settings: stored, run: planned = {} }: StoredSettings<Model>,
	defaults: AllSettings<Model, Run>,
	given: Given<Model, Run>,
	{ folder, describe, optionOf = kebab }: ResumeOptions<Model>,
): AllSettings<Model, Run> {
	for (const [name, value] of Object.entries(chosen({ ...given, task: defaults.model.task }, stored))) {
		const there = (stored as Readonly<Record<string, unknown>>)[name];
		if (value === there) continue;
		throw new UserError(
			name === "task"
				? `${folder} holds a checkpoint of ${describe(stored)}, or train into another --out folder.`
				: `${folder} holds a checkpoint of another shape: --${optionOf(name)} is ${there} there, ${value} came. ` +
						"Leave it out to resume, or train into another --out folder.",
		);
	}
	return {
		model: stored,
		run: { ...defaults.run, ...chosen(planned, defaults.run), ...chosen(given, defaults.run) },
	};
}

/** What {@link readSettings} goes by. */
export interface SettingsForm<Model extends object> {
	/** Settings of any task: what is read has their names and types, in their order. */
	readonly like: Model;
	/** The values that are known, of settings that are one of some words. */
	readonly choices: { readonly [Name in keyof Model]?: readonly string[] };
	/** What files lack that were written before there was a choice. */
	readonly before?: Partial<Model>;
}

/**
 * Reads the settings of a model from JSON. Files of equal settings become equal.
 *
 * @throws Error that says what is missing.
 */
export function readSettings<Model extends object>(
	json: unknown,
	{ like, choices, before }: SettingsForm<Model>,
): Model {
	const stored: Readonly<Record<string, unknown>> = { ...before, ...(json as object | null) };
	const entries = Object.entries(like).map(([name, value]) => {
		if (typeof stored[name] === typeof value) return [name, stored[name]] as const;
		throw new Error(`its settings have no \`${name}\`.`);
	});
	for (const [name, known] of Object.entries<readonly string[] | undefined>(choices)) {
		const value = stored[name];
		if (known === undefined || known.some((choice) => choice === value)) continue;
		const listed = `${known.slice(0, -1).join(", ")} or ${known.at(-1)}`;
		throw new Error(`its ${name} is ${JSON.stringify(value)}; expected ${listed}.`);
	}
	return Object.fromEntries(entries) as Model; // every name was checked
}
