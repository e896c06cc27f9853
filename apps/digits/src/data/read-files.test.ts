import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "@heed/command-line";
import { sharedPath } from "@heed/testing";
import { encode } from "fast-png";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formOf, readData } from "./read-data.ts";
import { readDigit } from "./read-digit.ts";
import { readNpz } from "./read-npz.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-digits-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function npy(dtype: string, shape: string, data: Float32Array | Int32Array): Uint8Array {
	const header = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${shape}), }\n`;
	const start = [0x93, ...Buffer.from("NUMPY"), 1, 0, header.length, 0, ...Buffer.from(header)];
	return Uint8Array.from([...start, ...new Uint8Array(data.buffer)]);
}

function npz(change: Record<string, Uint8Array> = {}): string {
	const path = join(folder, "some.npz");
	const files = Object.fromEntries(
		["train", "valid", "test"].flatMap((part, i) => [
			[`X_${part}.npy`, npy("<f4", "2, 4", Float32Array.of(0, 0.2, 0.4, 1, i / 10, 0, 0, 1.5))],
			[`y_${part}.npy`, npy("<i4", "2, 1", Int32Array.of(7, i))],
		]),
	);
	writeFileSync(path, zipSync({ ...files, ...change }));
	return path;
}

describe("readNpz", () => {
	it("reads pictures and labels", () => {
		const { train, validation, test } = readNpz(npz());
		expect(train).toEqual({
			...{ count: 2, height: 2, width: 2, labels: Uint8Array.of(7, 0) },
			images: Uint8Array.of(0, 51, 102, 255, 0, 0, 0, 255),
		});
		expect([validation.labels[1], test.labels[1], test.images[4]]).toEqual([1, 2, 51]);
	});

	it("refuses what is none", () => {
		const labels = (values: Int32Array): Record<string, Uint8Array> => ({
			"y_test.npy": npy("<i4", `${values.length}, 1`, values),
		});
		const wrong: [Record<string, Uint8Array>, string][] = [
			[{ "X_valid.npy": Uint8Array.of(1, 2) }, "X_valid.npy is no array of <f4, row by row"],
			[{ "X_valid.npy": npy("<f8", "2, 4", new Float32Array(8)) }, "X_valid.npy is no array of <f4"],
			[{ "X_test.npy": npy("<f4", "2, 5", new Float32Array(10)) }, "X_test is [2,5]; expected [count, side"],
			[{ "X_test.npy": npy("<f4", "2, 4", new Float32Array(7)) }, "X_test.npy has 28 bytes; [2,4] needs 32"],
			[{ "X_test.npy": npy("<f4", "2, 9", new Float32Array(18)) }, "pictures of different sizes, 2, 3"],
			[labels(Int32Array.of(1)), "2 test pictures with 1 labels"],
			[labels(Int32Array.of(1, 10)), "y_test holds 10; expected 0 to 9"],
		];
		for (const [change, message] of wrong) expect(() => readNpz(npz(change))).toThrow(message);
		writeFileSync(join(folder, "no.npz"), "nothing");
		expect(() => readNpz(join(folder, "no.npz"))).toThrow(UserError);
	});

	it("is not distorted again", () => {
		const digits = readData(npz());
		expect(formOf(digits, "none", 0)).toMatchObject({ height: 2, width: 2 });
		expect(() => formOf(digits, "rts", 0)).toThrow("distorted already: leave out --distortion rts");
		expect(() => formOf({ ...digits, ready: false }, "translated", 1)).toThrow("--size 1 is too small");
	});

	const shared = sharedPath("data", "cluttered-mnist");
	it.skipIf(shared === undefined)("reads the cluttered digits of others", () => {
		const sets = readNpz(join(shared ?? "", "mnist_sequence1_sample_5distortions5x5.npz"));
		const first = Object.values(sets).map(({ count, height, labels }) => [
			count,
			height,
			...labels.slice(0, 8),
		]);
		expect(first).toEqual([
			[10000, 40, 9, 9, 0, 8, 5, 6, 8, 1],
			[1000, 40, 4, 1, 9, 8, 3, 3, 4, 8],
			[1000, 40, 4, 9, 6, 3, 6, 6, 0, 1],
		]);
	});
});

describe("readDigit", () => {
	const read = (width: number, bytes: number[]): number[] => {
		const data = Uint8Array.from(bytes);
		writeFileSync(
			join(folder, "digit.png"),
			encode({ width, height: bytes.length / width, channels: 1, data }),
		);
		return [...readDigit(join(folder, "digit.png"), { height: 3, width: 3 }).pixels].map((value) =>
			Number(value.toFixed(2)),
		);
	};

	it("turns dark on bright round, and fits a picture of another size into the middle", () => {
		const cross = [0, 0, 0, 0, 1, 0, 0, 1, 0];
		expect(
			read(
				3,
				cross.map((value) => 255 * value),
			),
		).toEqual(cross);
		expect(
			read(
				3,
				cross.map((value) => 255 - 255 * value),
			),
		).toEqual(cross);
		const wide = new Array<number>(18).fill(0).fill(255, 8, 10);
		expect(read(6, wide)).toEqual([0, 0, 0, 0, 0.5, 0, 0, 0, 0]); // two pixels, twice as small
		// Beyond the picture its ground goes on.
		expect(
			read(
				6,
				wide.map((value) => 51 + value / 5),
			),
		).toEqual([0.2, 0.2, 0.2, 0.2, 0.3, 0.2, 0.2, 0.2, 0.2]);
	});

	it("refuses what shows nothing", () => {
		expect(() => read(2, [7, 7])).toThrow("digit.png: there is nothing to see; all pixels are the same.");
		expect(() => readDigit(join(folder, "absent.png"), { height: 3, width: 3 })).toThrow("no such file");
	});
});
