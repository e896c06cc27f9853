/**
 * What went wrong, as a stable word that code can branch on.
 *
 * - `SHAPE`: a tensor's rank or axes do not fit
 * - `DTYPE`: a tensor's element type does not fit
 * - `OPTION`: an option or argument is unknown, missing, of the wrong type, out of range or in conflict with another one
 * - `VALUE`: the numbers themselves cannot be worked with
 * - `UNSUPPORTED`: the request is right, but this path or backend cannot do it
 * - `DEVICE`: the graphics device failed: it refused a command, had no memory left, or was lost
 */
export type HeedErrorCode = "SHAPE" | "DTYPE" | "OPTION" | "VALUE" | "UNSUPPORTED" | "DEVICE";

const marker = Symbol.for("heed.error");

/**
 * The one error of every Heed package that works on tensors. It is thrown before anything is allocated (but for `DEVICE`, which
 * a device tells later) and reads `where: what came, what was expected. What to do.`
 */
export class HeedError extends Error {
	override readonly name: string = "HeedError";
	readonly code: HeedErrorCode;
	/** The public function or layer that refused. */
	readonly where: string;

	/**
	 * @param code The stable code.
	 * @param where The public function or layer that refuses, for instance `scaledDotProductAttention`.
	 * @param message What came, what was expected and what to do, without the `where`.
	 */
	constructor(code: HeedErrorCode, where: string, message: string) {
		super(`${where}: ${message}`);
		this.code = code;
		this.where = where;
		Object.defineProperty(this, marker, { value: true });
	}

	/** True for a `HeedError` of any copy of this package, which `instanceof` is not. */
	static isInstance(error: unknown): error is HeedError {
		return typeof error === "object" && error !== null && marker in error;
	}
}
