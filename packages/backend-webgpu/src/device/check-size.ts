import { HeedError } from "@heed/core";

/** Refuses a tensor that a kernel cannot read or write whole: the device itself would say so too late, and not which it was. */
export function checkSize(
	where: string,
	{ limits }: GPUDevice,
	name: string,
	shape: readonly number[],
): void {
	const bytes = 4 * shape.reduce((product, size) => product * size, 1);
	const exceeded = (["maxStorageBufferBindingSize", "maxBufferSize"] as const)
		.filter((limit) => bytes > limits[limit])
		.map((limit) => `${limit} is ${limits[limit]}`);
	if (exceeded.length === 0) return;
	throw new HeedError(
		"UNSUPPORTED",
		where,
		`${name} [${shape.join(", ")}] takes ${bytes} bytes, and the device's ${exceeded.join(" and its ")}. Use a smaller batch, or a device with larger limits: createDevice({ features: "auto" }).`,
	);
}
