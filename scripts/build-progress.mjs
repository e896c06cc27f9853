/**
 * What to say of a build: given turbo's lines one by one, the package whose first task begins, and nothing of its others or
 * of what the cache has.
 *
 * @returns {(line: string) => string | undefined}
 */
export function buildProgress() {
	const said = new Set();
	return (line) => {
		const name = /^(@heed\/[^:]+)\S*: cache (?:miss|bypass).*executing/.exec(line)?.[1];
		if (name === undefined || said.has(name)) return undefined;
		said.add(name);
		return name;
	};
}
