import { expect } from "vitest";
import { SafetensorsError, type SafetensorsErrorCode } from "../src/index.ts";

/** A file of any header, valid or not: a text, its bytes, or an object to be written as JSON. */
export function fileOf(
	header: string | Uint8Array | object,
	data: Uint8Array = new Uint8Array(0),
): Uint8Array {
	const text = typeof header === "string" ? header : JSON.stringify(header);
	const bytes = header instanceof Uint8Array ? header : new TextEncoder().encode(text);
	const file = new Uint8Array(8 + bytes.length + data.length);
	new DataView(file.buffer).setBigUint64(0, BigInt(bytes.length), true);
	file.set(bytes, 8);
	file.set(data, 8 + bytes.length);
	return file;
}

/** Expects the one error class, with this code. */
export function expectRefusal(work: () => unknown, code: SafetensorsErrorCode): void {
	let thrown: unknown;
	try {
		work();
	} catch (error) {
		thrown = error;
	}
	expect(thrown).toBeInstanceOf(SafetensorsError);
	expect((thrown as SafetensorsError).code).toBe(code);
	expect((thrown as SafetensorsError).message.length).toBeLessThan(400);
}
