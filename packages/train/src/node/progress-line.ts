/** What the progress line shows. */
export interface Progress {
	/** The epoch that is under way, from 1. */
	readonly epoch: number;
	readonly epochs: number;
	/** Batches done in it. */
	readonly index: number;
	readonly batches: number;
	readonly metrics: Readonly<Record<string, number>>;
	/** Updates per second, when it is known. */
	readonly rate?: number;
	/** What is done other than training; `index` and `batches` are of it. */
	readonly activity?: string;
}

/** Wraps a text in colour codes, or not. */
export type Paint = (text: string, style: "bold" | "dim" | "green") => string;

const codes = { bold: "\u001b[1m", dim: "\u001b[2m", green: "\u001b[32m" };

/** Colours by ANSI codes. */
export const paintAnsi: Paint = (text, style) => `${codes[style]}${text}\u001b[0m`;
/** No colours. */
export const paintNothing: Paint = (text) => text;

/**
 * One line that fits in `width` columns. What does not fit is left out from the least important part on: the other
 * metrics first, then the rate, the time left, the loss and the count; the bar takes what is free.
 *
 *     epoch 2/10 ━━━━━━━━──────────── 42/100 loss 0.4213 12.3 steps/s eta 1:15
 */
export function progressLine(progress: Progress, width: number, paint: Paint): string {
	const { epoch, epochs, index, batches, metrics, rate, activity = "" } = progress;
	const total = String(batches).length;
	const left = (epochs - epoch) * batches + (batches - index);
	const [loss, ...others] = Object.entries(metrics).map(([name, value]) => `${name} ${short(value)}`);
	// In the order of importance: what comes late is left out first.
	const parts = [
		{ place: 0, text: `epoch ${epoch}/${epochs}`.slice(0, width) },
		{ place: 3, text: activity },
		{ place: 2, text: batches === 0 ? "" : `${String(index).padStart(total)}/${batches}` },
		{ place: 3, text: loss ?? "" },
		{ place: 6, text: rate === undefined ? "" : `eta ${clock(left / rate)}` },
		{ place: 5, text: rate === undefined ? "" : `${short(rate)} steps/s` },
		{ place: 4, text: others.join(" ") },
	].filter(({ text }) => text !== "");
	const shown: typeof parts = [];
	let used = 0;
	for (const part of parts) {
		if (used + part.text.length > width) break;
		used += part.text.length + 1;
		shown.push(part);
	}
	const bar = batches === 0 ? 0 : Math.min(width - used, 30);
	const filled = Math.round((bar * index) / batches);
	const pieces = shown.map(({ place, text }) => ({ place, text: place > 3 ? paint(text, "dim") : text }));
	if (bar >= 5) {
		const text = paint("━".repeat(filled), "green") + paint("─".repeat(bar - filled), "dim");
		pieces.push({ place: 1, text });
	}
	return pieces
		.sort((a, b) => a.place - b.place)
		.map(({ text }) => text)
		.join(" ");
}

/** A number in about five characters. */
export function short(value: number): string {
	if (!Number.isFinite(value)) return String(value);
	const size = Math.abs(value);
	if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
	return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 4);
}

/** Seconds as `0:09`, `12:34` or `3:25:00`. */
export function clock(seconds: number): string {
	if (!Number.isFinite(seconds)) return "-:--";
	const whole = Math.max(0, Math.round(seconds));
	const two = (value: number): string => String(value).padStart(2, "0");
	const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
	return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
