import type { GpuProgram } from "../device/gpu-programs.ts";
import type { AttentionSpec } from "./attention-shader.ts";
import { biasGradBindings, biasGradShader } from "./bias-grad-shader.ts";
import {
	type DecodeTile,
	decodeBindings,
	decodeShader,
	mergeBindings,
	mergeShader,
} from "./decode-shaders.ts";
import { divisorBindings, divisorShader } from "./divisor-shader.ts";
import { forwardBindings, forwardShader } from "./forward-shader.ts";
import { keyGradBindings, keyGradShader } from "./key-grad-shader.ts";
import { queryGradBindings, queryGradShader } from "./query-grad-shader.ts";
import { rowSumBindings, rowSumShader } from "./row-sum-shader.ts";
import { sinkGradBindings, sinkGradShader } from "./sink-grad-shader.ts";
import type { Tile } from "./tile.ts";
import { tilePreamble } from "./tile-code.ts";

const named = (name: string, ...parts: readonly unknown[]): { name: string; key: string } => ({
	name,
	key: `${name} ${JSON.stringify(parts)}`,
});

/** Attention forward. */
export function forwardProgram(spec: AttentionSpec, tile: Tile): GpuProgram {
	return {
		...named("attention", spec, tile),
		bindings: forwardBindings(spec),
		source: () => `${tilePreamble(tile)}${forwardShader(spec, tile)}`,
	};
}

/** LSE and Δ of each row. */
export function rowSumProgram(spec: AttentionSpec): GpuProgram {
	return {
		...named("attention row sums", spec),
		bindings: rowSumBindings(spec),
		source: () => rowSumShader(spec),
	};
}

/** What the weights of each row sum to. */
export function divisorProgram(spec: AttentionSpec, tile: Tile): GpuProgram {
	return {
		...named("attention divisors", spec, tile),
		bindings: divisorBindings(spec),
		source: () => `${tilePreamble(tile)}${divisorShader(spec, tile)}`,
	};
}

/** dKey and dValue. */
export function keyGradProgram(spec: AttentionSpec, tile: Tile): GpuProgram {
	return {
		...named("attention key gradient", spec, tile),
		bindings: keyGradBindings(spec),
		source: () => `${tilePreamble(tile)}${keyGradShader(spec, tile)}`,
	};
}

/** dQuery. */
export function queryGradProgram(spec: AttentionSpec, tile: Tile): GpuProgram {
	return {
		...named("attention query gradient", spec, tile),
		bindings: queryGradBindings(spec),
		source: () => `${tilePreamble(tile)}${queryGradShader(spec, tile)}`,
	};
}

/** dBias. */
export function biasGradProgram(
	spec: AttentionSpec,
	tile: Tile,
	broadcast: { readonly queries: boolean; readonly keys: boolean },
): GpuProgram {
	return {
		...named("attention bias gradient", spec, tile, broadcast),
		bindings: biasGradBindings(spec),
		source: () => `${tilePreamble(tile)}${biasGradShader(spec, tile, broadcast)}`,
	};
}

/** dSinks. */
export function sinkGradProgram(spec: AttentionSpec): GpuProgram {
	return {
		...named("attention sink gradient", spec),
		bindings: sinkGradBindings(spec),
		source: () => sinkGradShader(spec),
	};
}

/** The part of each split of the keys. */
export function decodeProgram(spec: AttentionSpec, tile: DecodeTile): GpuProgram {
	return {
		...named("attention decode", spec, tile),
		bindings: decodeBindings(spec),
		source: () => decodeShader(spec, tile),
	};
}

/** The parts of all splits, merged. */
export function mergeProgram(spec: AttentionSpec): GpuProgram {
	return {
		...named("attention merge", spec),
		bindings: mergeBindings(spec),
		source: () => mergeShader(spec),
	};
}
