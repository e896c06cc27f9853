import { deflateSync } from "node:zlib";
import { encode } from "fast-png";
import { expect, it } from "vitest";
import { decodePng } from "./index.ts";

/** A PNG of one line by hand: the encoder knows 8 and 16 bits only. */
function byHand(depth: number, type: number, width: number, line: number[], palette: number[] = []): Buffer {
	const chunk = (name: string, data: Uint8Array): Buffer => {
		const head = Buffer.alloc(4);
		head.writeUInt32BE(data.length);
		return Buffer.concat([head, Buffer.from(name), data, Buffer.alloc(4)]); // the checksum is not read
	};
	return Buffer.concat([
		Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
		chunk("IHDR", Uint8Array.of(0, 0, 0, width, 0, 0, 0, 1, depth, type, 0, 0, 0)),
		...(palette.length > 0 ? [chunk("PLTE", Uint8Array.from(palette))] : []),
		chunk("IDAT", deflateSync(Uint8Array.of(0, ...line))),
		chunk("IEND", new Uint8Array()),
	]);
}

it("reads grey of 1 to 16 bits", () => {
	const grey = (bytes: Uint8Array): number[] => [...decodePng(bytes).values];
	expect(grey(byHand(1, 0, 3, [0b10100000]))).toEqual([1, 0, 1]);
	expect(grey(byHand(2, 0, 5, [0b11001001, 0b01000000]))).toEqual([1, 0, 2 / 3, 1 / 3, 1 / 3]);
	expect(grey(byHand(4, 0, 2, [0xf3]))).toEqual([1, 0.2]);
	const data = Uint16Array.of(65_535, 13_107);
	expect(grey(encode({ width: 2, height: 1, channels: 1, depth: 16, data }))).toEqual([1, 0.2]);
});

it("reads colours, palettes and what is transparent", () => {
	const data = Uint8Array.of(255, 0, 51, 255, 0, 255, 0, 51);
	const picture = decodePng(encode({ width: 2, height: 1, channels: 4, depth: 8, data }));
	expect(picture).toEqual({
		width: 2,
		height: 1,
		colors: 3,
		values: Float64Array.of(1, 0, 0.2, 0, 1, 0),
		alpha: Float64Array.of(1, 0.2),
	});
	const indexed = decodePng(byHand(1, 3, 2, [0b01000000], [255, 0, 0, 0, 0, 255]));
	expect([indexed.colors, ...indexed.values]).toEqual([3, 1, 0, 0, 0, 0, 1]);
	expect(indexed.alpha).toBeUndefined();
	const faint = decodePng(encode({ width: 1, height: 1, channels: 2, depth: 8, data: Uint8Array.of(51, 0) }));
	expect([faint.colors, ...faint.values, faint.alpha?.[0]]).toEqual([1, 0.2, 0]);
});

it("refuses what is no PNG", () => {
	expect(() => decodePng(Uint8Array.of(1, 2, 3))).toThrow(/PNG/u);
});
