import { checkNumber, checkOptions } from "@heed/core";
import type { TrainingObserver } from "../loop/training-observer.ts";
import { clock, type Progress, paintAnsi, paintNothing, progressLine, short } from "./progress-line.ts";

/** Where progress goes: `process.stderr`, `process.stdout` or anything like them. */
export interface ProgressStream {
	write(text: string): unknown;
	readonly isTTY?: boolean;
	readonly columns?: number;
	/** Node's streams know what the terminal, `NO_COLOR` and `FORCE_COLOR` say. */
	hasColors?(): boolean;
}

/** The options of {@link terminalProgress}. */
export interface TerminalProgressOptions {
	/** Default: what the stream and the environment (`NO_COLOR`, `FORCE_COLOR`) say. */
	readonly color?: boolean;
	/** Seconds between two drawings of the line in a terminal. Default 0.1. */
	readonly redrawSeconds?: number;
	/** Seconds between two lines within an epoch where the output is no terminal. Default 30. */
	readonly plainSeconds?: number;
}

const eraseLine = "\r\u001b[K";

/**
 * Shows how training goes: in a terminal one line that is drawn again and again, and a lasting one per epoch; elsewhere
 * (a file, a pipe, CI, a dumb terminal) plain lines, one per epoch and one now and then within a long one.
 *
 * It is written by hand because what it needs of a library is these few lines: cli-progress had its last release in 2023,
 * and log-update needs a newer Node and brings six packages. The cursor is never hidden, so that there is nothing to
 * repair, however the process ends.
 */
export function terminalProgress(
	stream: ProgressStream = process.stderr,
	options: TerminalProgressOptions = {},
): TrainingObserver {
	checkOptions("terminalProgress", options, ["color", "redrawSeconds", "plainSeconds"]);
	const { color = wantsColor(stream), redrawSeconds = 0.1, plainSeconds = 30 } = options;
	checkNumber("terminalProgress", "redrawSeconds", redrawSeconds, { min: 0 });
	checkNumber("terminalProgress", "plainSeconds", plainSeconds, { min: 0 });
	const paint = color ? paintAnsi : paintNothing;
	const live = stream.isTTY === true && process.env.TERM !== "dumb";
	const pause = live ? redrawSeconds : plainSeconds;
	let drawn = 0;
	let first = { at: 0, step: 0 };
	const draw = (progress: Progress): void => {
		// A line as wide as the terminal would wrap in some of them; some say that they have 0 columns.
		const width = live ? (stream.columns || 80) - 1 : 120;
		const line = progressLine(progress, width, paint);
		stream.write(live ? eraseLine + line : `${line}\n`);
	};

	return {
		onStart({ step }) {
			drawn = live ? 0 : now();
			first = { at: now(), step };
		},
		onStep({ run, epoch, index, step, averages }) {
			const time = now();
			if (time - drawn < pause) return;
			drawn = time;
			const { epochs, batches } = run;
			const rate = (step - first.step) / Math.max(time - first.at, 1e-3);
			draw({ epoch, epochs, index, batches, metrics: averages, rate });
		},
		onValidation({ run, epoch, index, batches, activity }) {
			const time = now();
			// A first drawing at once: the work itself may let nothing else happen for long.
			if (time - drawn < pause && !(live && index === 0)) return;
			drawn = time;
			draw({ epoch, epochs: run.epochs, index, batches, metrics: {}, activity });
		},
		onEpoch({ run, epoch, metrics, improved, seconds }) {
			const values = Object.entries(metrics).map(([name, value]) => `${name} ${short(value)}`);
			const line = [
				paint(`epoch ${epoch}/${run.epochs}`, "bold"),
				...values,
				...(improved ? [paint("best", "green")] : []),
				paint(clock(seconds), "dim"),
			].join("  ");
			stream.write(`${live ? eraseLine : ""}${line}\n`);
			drawn = live ? 0 : now();
		},
		onStop() {
			if (live) stream.write(eraseLine);
		},
	};
}

function wantsColor(stream: ProgressStream): boolean {
	const { FORCE_COLOR, NO_COLOR } = process.env;
	if (stream.hasColors !== undefined) return stream.hasColors();
	if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
	return stream.isTTY === true && (NO_COLOR === undefined || NO_COLOR === "");
}

function now(): number {
	return performance.now() / 1000;
}
