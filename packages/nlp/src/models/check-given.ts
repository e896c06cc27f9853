import { HeedError } from "@heed/core";

/** Refuses a call that came without its batch. */
export function checkGiven(where: string, batch: unknown): void {
	if (typeof batch === "object" && batch !== null) return;
	throw new HeedError("OPTION", where, `the batch is ${String(batch)}; expected an object of tensors.`);
}
