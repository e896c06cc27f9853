/** A program on a page: a fence of TypeScript or JavaScript, complete with its imports. */
export interface Snippet {
	/** `packages/core/README.md:14`, where the fence opens. */
	readonly place: string;
	readonly code: string;
	/** What the program must print, in this order: the comments behind its `console.log`s. */
	readonly prints: readonly string[];
	/** Why it is not run, if it is not. */
	readonly skipped?: string;
	/** Whether it holds the types all the same. */
	readonly checked?: true;
}

interface Fence {
	readonly line: number;
	/** What stands behind the language: `no-run "reason"`, `continues` or nothing. */
	readonly marker: string;
	readonly code: string;
}

/**
 * Finds the programs of a Markdown page. Each fence of `ts` or `js` is a program of its own, unless its opening line says
 * more:
 *
 *     ```ts continues                        the lines of the program before come first
 *     ```ts check-only "needs a file"        types are checked, it is not run; a reason is required
 *     ```ts no-run "needs a browser"         shown, neither checked nor run; a reason is required
 *
 * @param page The Markdown.
 * @param file How the page is called in `place`.
 */
export function extractSnippets(page: string, file: string): Snippet[] {
	const snippets: Snippet[] = [];
	for (const { line, marker, code } of fencesOf(page)) {
		const place = `${file}:${line}`;
		const [, how, reason] = /^(no-run|check-only) "(.+)"$/.exec(marker) ?? [];
		const before = snippets.at(-1)?.code;
		if (reason !== undefined) {
			const checked = how === "check-only" ? { checked: true as const } : {};
			snippets.push({ place, code, prints: [], skipped: reason, ...checked });
		} else if (marker === "continues" && before !== undefined) {
			const whole = `${before}\n${code}`;
			snippets.push({ place, code: whole, prints: printsOf(whole) });
		} else if (marker === "") {
			snippets.push({ place, code, prints: printsOf(code) });
		} else {
			throw new Error(
				`${place}: the fence is marked '${marker}'. Use 'continues', 'check-only "reason"' or 'no-run "reason"'.`,
			);
		}
	}
	return snippets;
}

function fencesOf(page: string): Fence[] {
	const opening = /^```(?:ts|js|typescript|javascript)\b[ \t]*(.*)\n([\s\S]*?)^```$/gm;
	return [...page.matchAll(opening)].map(({ index, 1: marker = "", 2: code = "" }) => ({
		line: page.slice(0, index).split("\n").length,
		marker: marker.trim(),
		code,
	}));
}

/** Comments that tell the reader about an output, instead of repeating it. */
const prose = /^(about|close to|for instance|such as)\b/;

/** The comment behind a `console.log`, with the comment lines right below it. */
function printsOf(code: string): string[] {
	const logs = /^\s*console\.log\(.*\);[ \t]*\/\/ (.+)((?:\n[ \t]*\/\/ .+)*)/gm;
	return [...code.matchAll(logs)]
		.map(({ 1: first = "", 2: more = "" }) => first + more.replaceAll(/\n[ \t]*\/\/ /g, "\n"))
		.filter((text) => !prose.test(text));
}
