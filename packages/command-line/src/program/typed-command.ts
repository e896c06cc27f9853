/** `maxLength` as an option is written: `max-length`. */
export function kebab(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * A command as it is typed at the root of the repository, for messages that say what to do next:
 * `pnpm tag run --model out/x --backend cpu`.
 *
 * @param command Program and command: `tag run`.
 * @param options By name; left out are `undefined`, `false`, and the backend if it is the default. A list gets commas.
 */
export function typedCommand(command: string, options: Readonly<Record<string, unknown>>): string {
	const given = Object.entries(options)
		.filter(([, value]) => value !== undefined && value !== false)
		.filter(([name, value]) => !(name === "backend" && value === "wasm"))
		.map(([name, value]) => `--${kebab(name)}${value === true ? "" : ` ${quoted(String(value))}`}`);
	return ["pnpm", command, ...given].join(" ");
}

/** A word as a shell takes it for one. */
function quoted(word: string): string {
	return /^[\w@%+=:,./\\-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
