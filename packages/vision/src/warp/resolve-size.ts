import { checkNumber, type GridSize, HeedError } from "@heed/core";

/** Checks the size of an output and copies it. */
export function resolveSize(where: string, size: GridSize): GridSize {
	if (!Array.isArray(size) || size.length !== 2) {
		const message = `\`outputSize\` is ${JSON.stringify(size)}; expected [height, width].`;
		throw new HeedError("OPTION", where, message);
	}
	const [height, width] = size;
	checkNumber(where, "outputSize[0]", height, { integer: true, min: 1 });
	checkNumber(where, "outputSize[1]", width, { integer: true, min: 1 });
	return [height, width];
}
