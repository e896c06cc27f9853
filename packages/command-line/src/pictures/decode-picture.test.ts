import { deflateSync } from "node:zlib";
import { encode } from "fast-png";
import jpeg from "jpeg-js";
import { expect, it } from "vitest";
import { decodePicture } from "./decode-picture.ts";

/** The checksum of a chunk. */
function crc(bytes: Uint8Array): number {
	let sum = 0xffffffff;
	for (const byte of bytes) {
		sum ^= byte;
		for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
	}
	return ~sum >>> 0;
}

/** A PNG of one line by hand: the encoder knows 8 and 16 bits only. */
function byHand(
	depth: number,
	type: number,
	width: number,
	line: number[],
	{ palette = [], clear = [] }: { palette?: number[]; clear?: number[] } = {},
): Buffer {
	const chunk = (name: string, data: Uint8Array): Buffer => {
		const body = Buffer.concat([Buffer.from(name), data]);
		const [head, tail] = [Buffer.alloc(4), Buffer.alloc(4)];
		head.writeUInt32BE(data.length);
		tail.writeUInt32BE(crc(body));
		return Buffer.concat([head, body, tail]);
	};
	return Buffer.concat([
		Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
		chunk("IHDR", Uint8Array.of(0, 0, 0, width, 0, 0, 0, 1, depth, type, 0, 0, 0)),
		...(palette.length > 0 ? [chunk("PLTE", Uint8Array.from(palette))] : []),
		...(clear.length > 0 ? [chunk("tRNS", Uint8Array.from(clear))] : []),
		chunk("IDAT", deflateSync(Uint8Array.of(0, ...line))),
		chunk("IEND", new Uint8Array()),
	]);
}

it("reads grey of 1 to 16 bits", () => {
	const grey = (bytes: Uint8Array): Float32Array => decodePicture(bytes).values;
	expect(grey(byHand(1, 0, 3, [0b10100000]))).toEqual(Float32Array.of(1, 0, 1));
	expect(grey(byHand(2, 0, 5, [0b11001001, 0b01000000]))).toEqual(Float32Array.of(1, 0, 2 / 3, 1 / 3, 1 / 3));
	expect(grey(byHand(4, 0, 2, [0xf3]))).toEqual(Float32Array.of(1, 0.2));
	const data = Uint16Array.of(65_535, 13_107);
	expect(grey(encode({ width: 2, height: 1, channels: 1, depth: 16, data }))).toEqual(
		Float32Array.of(1, 0.2),
	);
});

it("reads colours, palettes, what is transparent, and JPEGs", () => {
	const data = Uint8Array.of(255, 0, 51, 255, 0, 255, 0, 51);
	const size = { width: 2, height: 1 };
	const [rgb, alpha] = [Float32Array.of(1, 0, 0.2, 0, 1, 0), Float32Array.of(1, 0.2)];
	const whole = { ...size, colors: 3, values: rgb, alpha };
	expect(decodePicture(encode({ ...size, channels: 4, depth: 8, data }))).toEqual(whole);
	const indexed = decodePicture(byHand(1, 3, 2, [0b01000000], { palette: [255, 0, 0, 0, 0, 255] }));
	expect(indexed).toEqual({ ...size, colors: 3, values: Float32Array.of(1, 0, 0, 0, 0, 1) });
	const faint = { ...size, channels: 2, depth: 8, data: Uint8Array.of(51, 0, 0, 255) } as const;
	const greyAndAlpha = { ...size, colors: 1, values: Float32Array.of(0.2, 0), alpha: Float32Array.of(0, 1) };
	expect(decodePicture(encode(faint))).toEqual(greyAndAlpha);
	// one colour that is said to be transparent
	expect(decodePicture(byHand(8, 0, 2, [51, 0], { clear: [0, 51] }))).toEqual(greyAndAlpha);
	const keyed = decodePicture(byHand(8, 2, 3, [1, 2, 3, 1, 2, 4, 0, 2, 3], { clear: [0, 1, 0, 2, 0, 3] }));
	expect(keyed.alpha).toEqual(Float32Array.of(0, 1, 1));

	const side = 16;
	const even = Uint8Array.from({ length: side * side * 4 }, (_, i) => [200, 40, 90, 255][i % 4] ?? 0);
	const photo = decodePicture(jpeg.encode({ width: side, height: side, data: even }, 100).data);
	expect([photo.height, photo.width, photo.colors, photo.alpha]).toEqual([side, side, 3, undefined]);
	photo.values.forEach((value, i) => {
		expect(Math.abs(255 * value - ([200, 40, 90][i % 3] ?? 0))).toBeLessThan(4);
	});
});
