import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it } from "vitest";
import { overrideTiles } from "../index.ts";
import { unsupportedShapes } from "./fused-attention.ts";
import { decodeTileFor, needsOf, tilesFor } from "./tile-table.ts";

const card = { subgroupSize: 0 };
const narrow = { threadsX: 4, threadsY: 8, rows: 4, columns: 2, depth: 8, chunk: 8 };

describe("the tiles of attention", () => {
	afterEach(() => overrideTiles());

	it("stay within the limits that every device has", () => {
		for (const tier of [card, { subgroupSize: 0, software: true }]) {
			for (const [headDim, valueDim] of [
				[1, 1],
				[128, 128],
				[129, 1],
				[256, 256],
			] as const) {
				const tiles = tilesFor(headDim, valueDim, tier);
				const { bytes, threads } = needsOf(tiles, { headDim, valueDim, gradients: true, bias: true });
				expect(bytes).toBeLessThanOrEqual(16_384);
				expect(threads).toBeLessThanOrEqual(256);
			}
		}
	});

	it("split few queries over many keys, fewer at a time on a program", () => {
		const [table, small] = [tilesFor(64, 64, card), tilesFor(64, 64, { subgroupSize: 0, software: true })];
		expect(decodeTileFor(1, 255, table)).toBeUndefined();
		expect(decodeTileFor(33, 1000, table)).toBeUndefined();
		expect([1, 2, 3, 32].map((rows) => decodeTileFor(rows, 1000, table))).toEqual([
			{ rows: 1, keys: 256 },
			{ rows: 2, keys: 256 },
			{ rows: 4, keys: 128 },
			{ rows: 4, keys: 128 },
		]);
		expect(decodeTileFor(32, 1000, small)).toEqual({ rows: 2, keys: 256 });
		expect(decodeTileFor(32, 2 ** 21, table)).toBeUndefined(); // more workgroups than there may be
	});

	it("leave lengths to the composition for which there are not workgroups enough", async () => {
		await tf.setBackend("webgpu");
		const { device } = tf.backend() as WebGPUBackend;
		const [long, short] = [
			[1, 1, 2 ** 25, 1],
			[1, 1, 1, 1],
		];
		const of = (query?: number[], key?: number[], outputGrad?: number[]): string | undefined =>
			unsupportedShapes(device, { query, key, value: key, outputGrad });
		expect(of(long, short)).toMatch(/^the fused kernels take up to \d+ queries, and there are 33554432$/);
		expect(of(short, long)).toBeUndefined();
		expect(of(short, long, short)).toMatch(/up to \d+ keys/);
		expect(of(short, short, short)).toBeUndefined();
		const many = [1, 70_000, 1, 1];
		const withSinks = { query: many, key: many, value: many, sinks: [70_000] };
		expect(unsupportedShapes(device, withSinks)).toBeUndefined();
		expect(unsupportedShapes(device, { ...withSinks, outputGrad: many })).toMatch(/sinks of 70000 heads/);
	});

	it("can be replaced, kernel by kernel", () => {
		overrideTiles({ queryGrad: narrow, decode: { rows: 1, keys: 512 } });
		const tiles = tilesFor(64, 64, { subgroupSize: 8 });
		expect(tiles.queryGrad).toEqual({ ...narrow, subgroups: true });
		expect(tiles.forward).toEqual({ ...tilesFor(64, 64, card).forward, subgroups: true });
		expect(decodeTileFor(5, 1000, tiles)).toEqual({ rows: 1, keys: 512 });
		overrideTiles({ forward: undefined });
		expect(tilesFor(64, 64, card).forward.rows).toBeGreaterThan(0);
		overrideTiles();
		expect(tilesFor(64, 64, card).queryGrad).not.toEqual(narrow);
	});

	it.each([
		[[], "the options are a list"],
		[{ forwards: narrow }, "overrideTiles: unknown option `forwards`"],
		["software", "the options are software; expected an object"],
		[{ forward: { ...narrow, half: "packed" } }, "overrideTiles: forward: unknown option `half`"],
		[{ forward: { ...narrow, threadsX: 6 } }, "`threadsX` is 6; expected a power of 2"],
		[{ forward: { ...narrow, threadsY: "8" } }, "`threadsY` is"],
		[{ keyGrad: { ...narrow, threadsY: 512 } }, "`threadsX` times `threadsY` is 2048"],
		[{ keyGrad: { ...narrow, rows: 6 } }, "overrideTiles: keyGrad: `rows` is 6; expected a multiple of 4"],
		[{ biasGrad: { ...narrow, depth: 2 } }, "`depth` is 2; expected a multiple of 4"],
		[{ biasGrad: { ...narrow, chunk: 6 } }, "`chunk` is 6; expected a multiple of `threadsX`, 4"],
		[{ biasGrad: { ...narrow, chunk: 16 } }, "expected a divisor of the block's columns"],
		[{ queryGrad: { threadsX: 4 } }, "`threadsY` is undefined"],
		[{ decode: { rows: 3, keys: 128 } }, "overrideTiles: decode: `rows` is 3; expected 1, 2 or 4"],
		[{ decode: { rows: 1, keys: 200 } }, "`keys` is 200; expected a multiple of 128"],
	])("refuses %j", (tiles, message) => {
		expect(() => overrideTiles(tiles as never)).toThrow(message);
	});
});
