import { HeedError } from "@heed/core";
import {
	checkDeviceOptions,
	type DeviceOptions,
	findAdapter,
	infoOf,
	startDevice,
} from "./device/create-device.ts";
import { isSoftware } from "./device/device-tier.ts";

/** Options of {@link startWebGpu}. */
export interface NodeWebGpuOptions extends DeviceOptions {
	/** Switches of Dawn, for instance `disable-dawn-features=timestamp_quantization`, at the first call of a process. Default none. */
	readonly flags?: readonly string[] | undefined;
}

/** The adapter that was found. */
export interface FoundAdapter {
	/** For instance `nvidia`, or `google` for SwiftShader. */
	readonly vendor: string;
	readonly description: string;
	/** A program on the CPU in place of a graphics card: right, and slow. */
	readonly software: boolean;
}

/**
 * WebGPU in Node: loads Dawn from npm's `webgpu`, which must be installed beside this package, and makes its device the
 * current backend of TensorFlow.js.
 *
 * Dawn keeps the process alive: end a program with `process.exit()`. Values can be read with `await tensor.data()` only,
 * not with `dataSync()`.
 *
 * @returns Which adapter was found.
 * @throws HeedError `UNSUPPORTED`: without `webgpu`, or without an adapter; it says how to get one.
 */
export async function startWebGpu(options: NodeWebGpuOptions = {}): Promise<FoundAdapter> {
	const where = "startWebGpu";
	checkDeviceOptions(where, options, ["flags"]);
	const { flags = [], ...deviceOptions } = options;
	if (!Array.isArray(flags) || flags.some((flag) => typeof flag !== "string")) {
		const what = JSON.stringify(flags);
		const example = '["disable-dawn-features=timestamp_quantization"]';
		throw new HeedError(
			"OPTION",
			where,
			`\`flags\` is ${what}; expected a list of texts, for instance ${example}.`,
		);
	}
	const present = (globalThis.navigator as Navigator | undefined)?.gpu !== undefined;
	if (present && flags.length > 0) {
		const message = `\`flags\` are read when Dawn is loaded, and it is: give them at the first call of a process.`;
		throw new HeedError("OPTION", where, message);
	}
	if (!present) await loadDawn(where, flags);
	const adapter = await findAdapter(navigator.gpu);
	if (adapter === null) {
		throw new HeedError(
			"UNSUPPORTED",
			where,
			"no adapter was found. A graphics card needs its Vulkan driver and the loader (Debian: libvulkan1). Without one, a software adapter serves: install chromium and libvulkan1 and set VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json.",
		);
	}
	const info = infoOf(adapter);
	await startDevice(where, adapter, deviceOptions);
	return { vendor: info.vendor, description: info.description, software: isSoftware(info) };
}

async function loadDawn(where: string, flags: readonly string[]): Promise<void> {
	let dawn: typeof import("webgpu");
	try {
		dawn = await import("webgpu");
	} catch (cause) {
		throw new HeedError(
			"UNSUPPORTED",
			where,
			`the package \`webgpu\` could not be loaded. Run \`npm install webgpu\`. (${String(cause)})`,
		);
	}
	Object.assign(globalThis, dawn.globals);
	const holder = globalThis as { navigator?: object };
	holder.navigator ??= {};
	Object.defineProperty(holder.navigator, "gpu", { value: dawn.create([...flags]), configurable: true });
}
