import { ExpectedError } from "@heed/command-line";

/** Something was not timed because it failed or computed something else than the others: exit code 1. */
export class WrongResultError extends ExpectedError {
	override readonly name = "WrongResultError";
	readonly exitCode = 1;
}
