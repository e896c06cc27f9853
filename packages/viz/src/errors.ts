/**
 * What went wrong, as a stable word that code can branch on; the words of Heed's tensor packages.
 *
 * - `SHAPE`: numbers, tokens or axes do not fit each other
 * - `OPTION`: an option is unknown, of the wrong type or out of range
 * - `VALUE`: the numbers themselves cannot be drawn
 * - `UNSUPPORTED`: the request is right, but there is no picture for it yet
 */
export type VizErrorCode = "SHAPE" | "OPTION" | "VALUE" | "UNSUPPORTED";

/** The one error of this package: `where: what came, what was expected. What to do.` */
export class VizError extends Error {
	override readonly name = "VizError";
	readonly code: VizErrorCode;
	/** The public function that refused. */
	readonly where: string;

	constructor(code: VizErrorCode, where: string, message: string) {
		super(`${where}: ${message}`);
		this.code = code;
		this.where = where;
	}
}

/** Refuses options that nobody reads, so that a typing mistake does not pass as a default. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
	const unknown = Object.keys(options).filter((name) => !known.includes(name));
	if (unknown.length === 0) return;
	const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
	throw new VizError("OPTION", where, `unknown option ${list(unknown)}. Known options: ${list(known)}.`);
}

/** Refuses a value that is not one of a few. */
export function checkChoice(where: string, name: string, value: unknown, choices: readonly unknown[]): void {
	if (choices.includes(value)) return;
	const wanted = choices.map((choice) => JSON.stringify(choice)).join(", ");
	throw new VizError("OPTION", where, `\`${name}\` is ${JSON.stringify(value)}; expected one of ${wanted}.`);
}

/** Refuses a number that is not whole or is too small. */
export function checkCount(where: string, name: string, value: number, min: number): void {
	if (Number.isInteger(value) && value >= min) return;
	throw new VizError("OPTION", where, `\`${name}\` is ${value}; expected a whole number of at least ${min}.`);
}
