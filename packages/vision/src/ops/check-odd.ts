import { checkNumber, HeedError } from "@heed/core";

/** Refuses the size of a kernel that has no pixel in its middle. */
export function checkOdd(where: string, name: string, size: number): void {
	checkNumber(where, name, size, { integer: true, min: 1 });
	if (size % 2 === 1) return;
	throw new HeedError("OPTION", where, `\`${name}\` is ${size}; expected an odd number. Use ${size + 1}.`);
}
