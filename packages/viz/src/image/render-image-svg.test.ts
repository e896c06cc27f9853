import { decode } from "fast-png";
import { describe, expect, it } from "vitest";
import { type AttentionImage, renderHtml, renderImageSvg, VizError } from "../index.ts";

/** 2 × 3 grey, the right column white. */
const image: AttentionImage = { height: 2, width: 3, pixels: [0, 0.5, 1, 0, 0.25, 1] };
const heat = { rows: 1, columns: 3, weights: [0, 0.2, 0.8] };

/** The PNGs of a picture, in their order: the image, and the heat where there is one. */
function pngsOf(svg: string): ReturnType<typeof decode>[] {
	const addresses = [...svg.matchAll(/href="data:image\/png;base64,([^"]+)"/gu)];
	return addresses.map(([, text = ""]) => decode(Buffer.from(text, "base64")));
}
/** Four numbers of a pixel. */
const pixel = (png: ReturnType<typeof decode> | undefined, x: number, y: number): number[] => [
	...(png?.data.subarray(4 * (y * png.width + x), 4 * (y * png.width + x) + 4) ?? []),
];

describe("renderImageSvg", () => {
	it("holds the pixels, grey or in colour, and cuts what is too dark or too bright", () => {
		const [grey] = pngsOf(renderImageSvg({ ...image, pixels: [-1, 0.5, 2, 0, 0.25, 1] }));
		expect([grey?.width, grey?.height, grey?.channels]).toEqual([3, 2, 1]);
		expect([...(grey?.data ?? [])]).toEqual([0, 128, 255, 0, 64, 255]);
		const [color] = pngsOf(renderImageSvg({ height: 1, width: 2, pixels: [1, 0, 0, 0, 1, 0.5] }));
		expect([...(color?.data ?? [])]).toEqual([255, 0, 0, 0, 255, 128]);
	});

	it("lays the heat over the whole image: clearest where the weight is, with a scale and words for it", () => {
		const svg = renderImageSvg({ ...image, heat, title: "3", caption: "right" });
		const [, over] = pngsOf(svg);
		expect([over?.width, over?.height]).toEqual([3, 1]);
		expect(pixel(over, 2, 0)).toEqual([0xfd, 0xe7, 0x25, 191]); // the last colour, three quarters opaque
		expect(pixel(over, 0, 0)).toEqual([0x44, 0x01, 0x54, 38]);
		expect(svg).toContain("<title>row 1, column 3: 0.800</title>");
		expect(svg).toContain(
			"Weights of 1 × 3 places, from 0.000 to 0.800. Strongest: row 1, column 3: 0.800. right",
		);
		expect(svg.match(/<image width="168" height="112"/gu)).toHaveLength(2); // both fill the same frame
		expect(svg).toContain(">right</text>");
	});

	it("mixes neighbouring places where asked, and never goes beyond them", () => {
		const [, over] = pngsOf(renderImageSvg({ ...image, heat: { ...heat, smooth: true } }, { range: [0, 1] }));
		const width = over?.width ?? 0;
		const covers = Array.from({ length: width }, (_, x) => pixel(over, x, 0)[3] ?? 0);
		expect(covers).toEqual([...covers].sort((a, b) => a - b));
		expect(new Set(covers).size).toBeGreaterThan(20);
		expect([covers[0], covers[width - 1]]).toEqual([38, Math.round(255 * (0.15 + 0.6 * 0.8))]);
	});

	it.each([false, true])("shows NaN as such, smooth: %s", (smooth) => {
		const weights = [Number.NaN, 0.2, Number.POSITIVE_INFINITY];
		const svg = renderImageSvg({ ...image, heat: { ...heat, weights, smooth } });
		const [, over] = pngsOf(svg);
		const across = Array.from({ length: over?.width ?? 0 }, (_, x) => pixel(over, x, 0));
		const first = across.slice(0, across.length / 3).map((color) => color.join());
		expect(new Set(first)).toEqual(new Set(["207,34,46,255", "207,34,46,0"]));
		expect(across.at(-1)?.[3]).toBe(191); // infinite is the end of the scale
		expect(svg).toMatch(/>NaN<\/text>/u);
	});

	it("draws boxes, paths and dots in pixels of the image", () => {
		const box = [
			[0, 0],
			[2, 0],
			[2, 1],
			[0, 1],
		] as const;
		const marks = [
			{ points: box, closed: true, label: "<seen>" },
			{ points: [[1, 1] as const, [3, 2] as const] },
		];
		const svg = renderImageSvg({ ...image, marks }, { scale: 10 });
		expect(svg).toContain('<polygon class="mark" points="0,0 20,0 20,10 0,10"');
		expect(svg).toContain('<polyline class="mark" points="10,10 30,20"');
		expect(svg.match(/<circle/gu)).toHaveLength(2);
		expect(svg).toContain("&lt;seen&gt;</text>");
		expect(renderImageSvg({ ...image, marks: [{ points: [[1, 1]] }] })).not.toContain("<polyline");
	});

	it("says of many places only the strongest, and makes a large image smaller", () => {
		const weights = Array.from({ length: 900 }, (_, i) => i / 900);
		const svg = renderImageSvg({
			height: 800,
			width: 1,
			pixels: new Float32Array(800),
			heat: { rows: 30, columns: 30, weights },
		});
		expect(svg).not.toContain('class="place"');
		expect(svg).toContain('height="320"');
	});

	it("stands in a report, which lets no other images in", () => {
		const html = renderHtml({ title: "Seen", sections: [{ images: [image, { ...image, heat }] }] });
		expect(html.match(/<figure class="image">/gu)).toHaveLength(2);
		expect(html).toContain("default-src 'none'; img-src data:; style-src");
		expect(html).not.toMatch(/href="(?!data:)|src="/u);
		const wrong = { title: "Seen", sections: [{ images: [{ ...image, pixels: [] }] }] };
		expect(() => renderHtml(wrong)).toThrow(VizError);
	});

	it.each([
		[{ ...image, pixels: [0, 1] }, /`pixels` has 2 numbers; expected 6 \(grey\) or 18/],
		[{ ...image, height: 0 }, /`height` is 0/],
		[{ ...image, heat: { ...heat, columns: 2 } }, /`heat.weights` has 3 numbers; expected 2 for 1 rows × 2/],
		[{ ...image, heat: { ...heat, rows: 1.5 } }, /`rows` is 1.5/],
		[{ ...image, marks: [{ points: [] }] }, /`marks\[0\].points` must be/],
		[{ ...image, marks: [{ points: [[0, 1, 2]] }] }, /`marks\[0\].points` must be/],
		[{ ...image, marks: [{ points: [[0, Number.NaN]] }] }, /`marks\[0\].points` must be/],
		[null, /the image is null/],
	])("refuses what does not fit: %#", (wrong, message) => {
		expect(() => renderImageSvg(wrong as AttentionImage)).toThrow(message);
	});

	it("refuses wrong options", () => {
		expect(() => renderImageSvg(image, { scale: 0 })).toThrow(/`scale` is 0/);
		expect(() => renderImageSvg(image, { zoom: 2 } as object)).toThrow(/unknown option `zoom`/);
		expect(() => renderImageSvg({ ...image, heat }, { range: [1, 1] })).toThrow(/`range`/);
	});
});
