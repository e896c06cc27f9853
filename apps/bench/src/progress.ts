/** Where progress goes: `process.stderr`, or anything like it. */
export interface ProgressStream {
	write(text: string): unknown;
	readonly isTTY?: boolean;
	readonly columns?: number;
}

/** Shows how far a run is. */
export interface Progress {
	/** A block begins: its place among all, and what it is. */
	block(index: number, count: number, what: string): void;
	/** Within a block. */
	step(what: string): void;
	/** A line that stays. */
	say(line: string): void;
	end(): void;
}

const eraseLine = "\r\u001b[K";

/** One line that is drawn again and again in a terminal; elsewhere a line per block. */
export function showProgress(stream: ProgressStream = process.stderr): Progress {
	const live = stream.isTTY === true && process.env.TERM !== "dumb";
	let place = "";
	return {
		block(index, count, what) {
			place = `[${index + 1}/${count}]`;
			if (!live) stream.write(`${place} ${what}\n`);
		},
		step(what) {
			const width = (stream.columns || 80) - 1; // a line as wide as the terminal would wrap in some of them
			if (live) stream.write(`${eraseLine}${`${place} ${what}`.slice(0, width)}`);
		},
		say: (line) => stream.write(`${live ? eraseLine : ""}${line}\n`),
		end() {
			if (live) stream.write(eraseLine);
		},
	};
}
