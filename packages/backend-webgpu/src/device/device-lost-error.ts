import { HeedError } from "@heed/core";

/**
 * The graphics device is gone: the driver was reset or updated, the card was taken away, or `device.destroy()` was called.
 * Tensors on it are gone too; `createDevice()` makes a fresh device. Its `code` is `DEVICE`.
 */
export class DeviceLostError extends HeedError {
	override readonly name: string = "DeviceLostError";
	/** `destroyed` where the program itself did it, else `unknown`. */
	readonly reason: string;

	/** @param where The public function that cannot go on. */
	constructor(where: string, { reason, message }: Pick<GPUDeviceLostInfo, "reason" | "message">) {
		const cause = message === "" ? "" : ` (${message})`;
		super(
			"DEVICE",
			where,
			`the WebGPU device was lost${cause}, and with it every tensor on it. Make a fresh one by createDevice() and load the weights again.`,
		);
		this.reason = reason ?? "unknown";
	}
}
