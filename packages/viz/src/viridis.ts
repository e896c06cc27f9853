/**
 * The colour map viridis of matplotlib (CC0): even in lightness, so that it reads in grey and for the colour-blind.
 * Twenty of its colours; those between are mixed.
 */
const anchors = [
	0x440154, 0x481567, 0x482677, 0x453781, 0x404788, 0x39568c, 0x33638d, 0x2d708e, 0x287d8e, 0x238a8d,
	0x1f968b, 0x20a387, 0x29af7f, 0x3cbb75, 0x55c667, 0x73d055, 0x95d840, 0xb8de29, 0xdce319, 0xfde725,
] as const;

/** Red, green and blue, each 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** The colour at a position from 0 (dark violet) to 1 (yellow). */
export function viridis(position: number): Rgb {
	const scaled = Math.min(1, Math.max(0, position)) * (anchors.length - 1);
	const low = Math.min(Math.floor(scaled), anchors.length - 2);
	const share = scaled - low;
	const channel = (shift: number): number => {
		const from = ((anchors[low] ?? 0) >> shift) & 255;
		const to = ((anchors[low + 1] ?? 0) >> shift) & 255;
		return Math.round(from + (to - from) * share);
	};
	return [channel(16), channel(8), channel(0)];
}

/** A colour as CSS and SVG write it. */
export function hexColor([red, green, blue]: Rgb): string {
	return `#${((red << 16) | (green << 8) | blue).toString(16).padStart(6, "0")}`;
}
