import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus, platform, totalmem } from "node:os";
import { version_cpu } from "@tensorflow/tfjs-backend-cpu";
import { version_wasm } from "@tensorflow/tfjs-backend-wasm";
import { version_core } from "@tensorflow/tfjs-core";
import { version_layers } from "@tensorflow/tfjs-layers";

/** What it ran on. */
export interface Machine {
	readonly cpu: string;
	readonly cores: number;
	readonly memoryGigabytes: number;
	readonly platform: string;
	readonly node: string;
}

/** Looks at the machine. */
export function thisMachine(): Machine {
	const [cpu] = cpus();
	return {
		cpu: cpu?.model.trim() || "unknown",
		cores: cpus().length,
		memoryGigabytes: Math.round(totalmem() / 1e9),
		platform: `${platform()} ${arch()}`,
		node: process.version,
	};
}

/** The versions of what is always there. */
export function packageVersions(): Record<string, string> {
	const file = createRequire(import.meta.url).resolve("@heed/backend-wasm/package.json");
	const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
	return {
		"@heed/backend-wasm": version,
		"@tensorflow/tfjs-core": version_core,
		"@tensorflow/tfjs-layers": version_layers,
		"@tensorflow/tfjs-backend-wasm": version_wasm,
		"@tensorflow/tfjs-backend-cpu": version_cpu,
	};
}
