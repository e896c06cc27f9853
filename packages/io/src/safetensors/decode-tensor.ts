import type { SafetensorsTensor } from "./dtype.ts";
import type { HeaderEntry } from "./header.ts";
import { quoteName, SafetensorsError } from "./safetensors-error.ts";

/** Memory that starts at 0, so that it is aligned for every element type. */
export function allocate(what: string, bytes: number): Uint8Array<ArrayBuffer> {
	return orTooLarge(what, bytes, () => new Uint8Array(bytes));
}

/** Makes the tensor of an entry from its own copy of the bytes. */
export function decodeTensor(entry: HeaderEntry, bytes: Uint8Array<ArrayBuffer>): SafetensorsTensor {
	const { name, layout, shape } = entry;
	const what = `tensor ${quoteName(name)}`;
	// Half floats become twice as many bytes, so this may be too large where the bytes were not.
	const tensor = orTooLarge(what, bytes.length, () => layout.decode(bytes.buffer, shape));
	if (tensor.dtype === "BOOL") checkBools(what, tensor.data);
	return tensor;
}

/** A byte that is neither 0 nor 1 is true to one reader and not to another. */
export function checkBools(what: string, data: Uint8Array): void {
	for (let i = 0; i < data.length; i++) {
		const byte = data[i] ?? 0;
		if (byte <= 1) continue;
		throw new SafetensorsError("BOOL_VALUE", `${what} is BOOL, but has ${byte} at ${i}; expected 0 or 1.`);
	}
}

function orTooLarge<T>(what: string, bytes: number, make: () => T): T {
	try {
		return make();
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw new SafetensorsError("TENSOR_TOO_LARGE", `${what} of ${bytes} bytes does not fit into memory.`);
	}
}
