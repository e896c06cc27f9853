import { quoteName, SafetensorsError, type SafetensorsErrorCode } from "./safetensors-error.ts";

/**
 * Reads the little JSON that the format needs, one value at a time and only of the kind that the caller expects.
 *
 * `JSON.parse` is not enough: it hides duplicate keys, sets prototypes from `__proto__` when its result is copied, and
 * builds whatever nesting a file asks for. Here the depth is that of the calls, names never become properties, and
 * all work is linear in the length of the text.
 */
export class JsonScanner {
	readonly #text: string;
	#at = 0;

	constructor(text: string) {
		this.#text = text;
	}

	/** Reads an object; `readValue` must read the value of each key. A key that comes twice is refused. */
	object(what: string, readValue: (key: string) => void): void {
		this.#expect("{", what);
		const keys = new Set<string>();
		if (this.#skip("}")) return;
		do {
			const key = this.string(`a name in ${what}`);
			if (keys.has(key)) {
				throw new SafetensorsError("DUPLICATE_NAME", `${quoteName(key)} occurs twice in ${what}.`);
			}
			keys.add(key);
			this.#expect(":", what);
			readValue(key);
		} while (this.#skip(","));
		this.#expect("}", what);
	}

	/** Reads an array of number tokens, which are left to the caller to judge; more than `most` are refused unread. */
	numbers(what: string, most: number, code: SafetensorsErrorCode): string[] {
		const tokens: string[] = [];
		this.#expect("[", what);
		if (this.#skip("]")) return tokens;
		do {
			if (tokens.length === most) throw new SafetensorsError(code, `${what} has more than ${most} numbers.`);
			tokens.push(this.#number(what));
		} while (this.#skip(","));
		this.#expect("]", what);
		return tokens;
	}

	/** Reads a string. */
	string(what: string): string {
		this.#expect('"', what);
		const start = this.#at - 1;
		let quote = this.#text.indexOf('"', this.#at);
		while (quote >= 0 && this.#isEscaped(quote)) quote = this.#text.indexOf('"', quote + 1);
		if (quote < 0) throw this.#error(`the string of ${what} does not end`);
		this.#at = quote + 1;
		let value: string;
		try {
			value = JSON.parse(this.#text.slice(start, this.#at)) as string;
		} catch {
			throw this.#error(`the string of ${what} has an invalid character or escape`);
		}
		// Half of a surrogate pair has no UTF-8 form: such a name could never be written back.
		if (/\p{Surrogate}/u.test(value)) throw this.#error(`the string of ${what} has half a surrogate pair`);
		return value;
	}

	/** Reads over a string, a number, `true`, `false` or `null`. */
	skipScalar(what: string): void {
		this.#skipSpace();
		const word = ["true", "false", "null"].find((known) => this.#text.startsWith(known, this.#at));
		if (word !== undefined) this.#at += word.length;
		else if (this.#text[this.#at] === '"') this.string(what);
		else this.#number(what);
	}

	/** True when the next value starts with this character. */
	startsWith(character: string): boolean {
		this.#skipSpace();
		return this.#text[this.#at] === character;
	}

	/** Refuses anything but spaces from here on. */
	end(): void {
		while (this.#text[this.#at] === " ") this.#at++;
		if (this.#at < this.#text.length) throw this.#error("more text follows its end");
	}

	#number(what: string): string {
		this.#skipSpace();
		const start = this.#at;
		while ("+-.0123456789Ee".includes(this.#text[this.#at] ?? " ")) this.#at++;
		const token = this.#text.slice(start, this.#at);
		if (token.length > 40 || !/^-?(0|[1-9]\d*)(\.\d+)?([Ee][+-]?\d+)?$/.test(token)) {
			throw this.#error(`${what} needs a number`);
		}
		return token;
	}

	#isEscaped(quote: number): boolean {
		let backslashes = 0;
		while (this.#text[quote - 1 - backslashes] === "\\") backslashes++;
		return backslashes % 2 === 1;
	}

	#skipSpace(): void {
		while (" \t\n\r".includes(this.#text[this.#at] ?? "x")) this.#at++;
	}

	#skip(character: string): boolean {
		this.#skipSpace();
		if (this.#text[this.#at] !== character) return false;
		this.#at++;
		return true;
	}

	#expect(character: string, what: string): void {
		if (!this.#skip(character)) throw this.#error(`${what} needs ${JSON.stringify(character)}`);
	}

	#error(problem: string): SafetensorsError {
		return new SafetensorsError("HEADER_SYNTAX", `the JSON is broken at character ${this.#at}: ${problem}.`);
	}
}
