import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { sharedPath } from "@heed/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LabelledImages, pickImages, readDigits, readIdxFolder } from "./index.ts";

const perClass = ({ labels }: LabelledImages): number[] =>
	Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length);

describe("readDigits", () => {
	it("is all there, as the package counts it, and the two parts share nothing", () => {
		const { train, test } = readDigits();
		expect([train.count, test.count]).toEqual([8487, 1513]);
		expect(perClass(train).map((count, digit) => count + (perClass(test)[digit] ?? 0))).toEqual([
			1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978,
		]);
		expect(Math.max(...train.images.subarray(0, 784))).toBeGreaterThan(250);
		const rows = ({ images, count }: LabelledImages): string[] =>
			Array.from({ length: count }, (_, i) =>
				Buffer.from(images.subarray(i * 784, (i + 1) * 784)).toString("latin1"),
			);
		const trained = new Set(rows(train));
		expect(rows(test).filter((row) => trained.has(row))).toHaveLength(0);
	});
});

describe("readIdxFolder", () => {
	let folder = "";
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "heed-idx-"));
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	const idx = (shape: readonly number[], data: readonly number[]): Uint8Array =>
		Uint8Array.from([
			0,
			0,
			8,
			shape.length,
			...shape.flatMap((size) => [0, 0, size >> 8, size & 255]),
			...data,
		]);
	const write = (name: string, bytes: Uint8Array): void => writeFileSync(join(folder, name), bytes);
	const writeAll = (): void => {
		write("train-images-idx3-ubyte", idx([2, 1, 3], [1, 2, 3, 4, 5, 255]));
		write("train-labels-idx1-ubyte.gz", gzipSync(idx([2], [7, 9])));
		write("t10k-images.idx3-ubyte.gz", gzipSync(idx([1, 1, 3], [0, 8, 0])));
		write("t10k-labels-idx1-ubyte", idx([1], [3]));
	};

	it("reads plain and compressed files, with a dash or a dot", () => {
		writeAll();
		const { train, test } = readIdxFolder(folder);
		expect(train).toEqual({
			images: Uint8Array.from([1, 2, 3, 4, 5, 255]),
			labels: Uint8Array.from([7, 9]),
			count: 2,
			height: 1,
			width: 3,
		});
		expect([...test.images, ...test.labels]).toEqual([0, 8, 0, 3]);
		expect(pickImages(train, [1, 1]).images).toEqual(Uint8Array.from([4, 5, 255, 4, 5, 255]));
	});

	it("says which file is missing or wrong", () => {
		expect(() => readIdxFolder(join(folder, "none"))).toThrow(/none: there is no such folder/);
		expect(() => readIdxFolder(folder)).toThrow(/there is no train-images-idx3-ubyte or .*\.gz\.$/);
		writeAll();
		write("train-images-idx3-ubyte", idx([3, 1, 3], [1, 2, 3, 4, 5, 255]));
		expect(() => readIdxFolder(folder)).toThrow(/22 bytes; its header says 3 × 1 × 3, which is 25/);
		write("train-images-idx3-ubyte", idx([1, 1, 3], [1, 2, 3]));
		expect(() => readIdxFolder(folder)).toThrow(/1 train pictures with 2 labels/);
		write("train-images-idx3-ubyte", idx([2, 3, 1], [1, 2, 3, 4, 5, 255]));
		expect(() => readIdxFolder(folder)).toThrow(/pictures of 3 × 1 .* and of 1 × 3/);
		write("train-images-idx3-ubyte", idx([6], [1, 2, 3, 4, 5, 6]));
		expect(() => readIdxFolder(folder)).toThrow(/no IDX file of bytes with 3 axes/);
		write("t10k-images.idx3-ubyte.gz", idx([1, 1, 3], [0, 8, 0]));
		write("train-images-idx3-ubyte", idx([2, 1, 3], [1, 2, 3, 4, 5, 255]));
		expect(() => readIdxFolder(folder)).toThrow(/not a gzip file/);
	});

	const shared = sharedPath("data/mnist");
	it.skipIf(shared === undefined)("reads MNIST itself", () => {
		const { train, test } = readIdxFolder(shared as string);
		expect([train.count, test.count, train.height, train.width]).toEqual([60_000, 10_000, 28, 28]);
		expect([...train.labels.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
	});
});
