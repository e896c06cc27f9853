import { HeedError } from "@heed/core";

/** Refuses channels that do not fall into so many equal parts. */
export function checkParts(where: string, channels: number, parts: number, hint: string): void {
	if (channels % parts === 0) return;
	const message = `x has ${channels} channels, which do not fall into ${parts} equal groups. ${hint}`;
	throw new HeedError("SHAPE", where, message);
}
