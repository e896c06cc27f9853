import { checkFolder, type OutputFolder, outputFolder } from "../files/output-folder.ts";
import type { Store, StoredTraining } from "../files/store.ts";
import { typedCommand } from "../program/typed-command.ts";

/** The options of every `train`. */
export interface TrainingOptions {
	readonly out?: string;
	readonly resume?: boolean;
	readonly overwrite?: boolean;
	readonly backend: string;
}

/** A training in its folder, before its data are read. */
export interface OpenTraining<Model extends object, Codec> {
	readonly store: Store<Model, Codec>;
	readonly folder: OutputFolder;
	/** What goes on, with `--resume`. */
	readonly stored: StoredTraining<Model, Codec> | undefined;
	/** How long the processor has worked since it was opened. */
	minutes(): number;
	/** The command that goes on with a training of these settings. */
	again(settings: Model): string;
}

/**
 * Opens the folder of a training: sees that it fits what the user wants, and reads the checkpoint of one that goes on.
 *
 * @param out The folder where the options name none.
 * @param again What goes on where it is stopped, if it is not `train` with `--resume`.
 * @throws UserError
 */
export async function openTraining<Model extends object, Codec>(
	store: Store<Model, Codec>,
	options: TrainingOptions,
	out: string,
	again?: string,
): Promise<OpenTraining<Model, Codec>> {
	const started = process.cpuUsage();
	const folder = outputFolder(options.out ?? out);
	await checkFolder(folder, options);
	return {
		store,
		folder,
		stored: options.resume === true ? await store.readTraining(folder.checkpoint) : undefined,
		minutes() {
			const { user, system } = process.cpuUsage(started);
			return (user + system) / 60e6;
		},
		again: (settings) => again ?? resumeCommand(store.program, folder.path, options, settings),
	};
}

/** All that was given, but for the settings of the model: those the checkpoint keeps. */
function resumeCommand(program: string, out: string, options: TrainingOptions, settings: object): string {
	const { resume: _, overwrite: __, out: ___, backend, ...rest } = options;
	const given = Object.entries(rest).filter(([name]) => !(name in settings));
	return typedCommand(`${program} train`, { resume: true, out, ...Object.fromEntries(given), backend });
}
