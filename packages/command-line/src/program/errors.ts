/** An error that is no bug: the program prints its message as one line and ends with `exitCode`. */
export abstract class ExpectedError extends Error {
	abstract readonly exitCode: number;
}

/**
 * Something that the user can put right: bad input, a bad option, a folder that cannot be written. The program prints
 * its message as one line and ends with exit code 2; any other error is a bug and shows its stack.
 */
export class UserError extends ExpectedError {
	override readonly name = "UserError";
	readonly exitCode = 2;
}

/** The user stopped the program: exit code 130, as after any SIGINT. */
export class InterruptedError extends ExpectedError {
	override readonly name = "InterruptedError";
	readonly exitCode = 130;
}
