import { HeedError } from "@heed/core";

/** Refuses what is neither true nor false, for instance the word "false" of a config file. */
export function checkFlag(where: string, name: string, value: unknown): void {
	if (typeof value === "boolean") return;
	throw new HeedError("OPTION", where, `\`${name}\` is ${JSON.stringify(value)}; expected true or false.`);
}
