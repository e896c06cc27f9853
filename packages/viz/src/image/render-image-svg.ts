import { type ValueRange, valueRange, wordWeight } from "../attention-map.ts";
import { displayWidth, truncate } from "../display-width.ts";
import { checkChoice, checkOptions, VizError } from "../errors.ts";
import { largest } from "../largest.ts";
import { barWidth, colorBar } from "../svg/color-bar.ts";
import { escapeXml, shortText } from "../svg/escape-xml.ts";
import { strongestCell } from "../svg/strongest-cell.ts";
import { seriesColors, type Theme, themeStyle, themes } from "../svg/theme.ts";
import {
	type AttentionImage,
	checkImage,
	type ImageHeat,
	type ImageMark,
	mapOfHeat,
} from "./attention-image.ts";
import { heatPng, imagePng } from "./image-png.ts";

/** Options of {@link renderImageSvg}. */
export interface RenderImageSvgOptions {
	/** The side of a pixel of the image on the screen. Default: what makes the longer side of the image about 168. */
	readonly scale?: number;
	/** The weights at the ends of the colours. Default: 0 to the largest weight. */
	readonly range?: ValueRange;
	/** Default `auto`: as the reader's system. */
	readonly theme?: Theme;
}

const where = "renderImageSvg";
const defaultSide = 168;
const longestLine = 60;
/** So many places say their weight when pointed at; more would make the file large. */
const mostTitles = 400;

/**
 * Draws an image as one self-contained SVG picture, with the attention over it, and boxes and paths where there are any.
 * Little weight lets the image through. NaN is a red chequerboard. All text is escaped; pixels are PNGs within the file.
 *
 * @throws VizError `SHAPE` when the numbers of pixels, weights or points do not fit, `OPTION` for a wrong option.
 */
export function renderImageSvg(image: AttentionImage, options: RenderImageSvgOptions = {}): string {
	checkOptions(where, options, ["scale", "range", "theme"]);
	checkImage(where, image);
	const { height, width, title = "", caption = "", heat, marks = [] } = image;
	const { theme = "auto", scale = defaultScale(Math.max(height, width)) } = options;
	checkChoice(where, "theme", theme, themes);
	if (!(Number.isFinite(scale) && scale > 0)) {
		throw new VizError("OPTION", where, `\`scale\` is ${scale}; expected a number above 0.`);
	}
	const map = heat === undefined ? undefined : mapOfHeat(heat);
	const range = map === undefined ? undefined : valueRange(where, map, options.range);

	const [right, bottom] = [width * scale, height * scale];
	const top = title === "" ? 0 : 24;
	const captionTop = top + bottom + (map === undefined ? 0 : 36);
	const full = {
		width: Math.ceil(Math.max(right, scaleWidth(image), lineWidth(title, 13), lineWidth(caption, 12))),
		height: Math.ceil(captionTop + (caption === "" ? 0 : 22)),
	};
	const box = `width="${round(right)}" height="${round(bottom)}" preserveAspectRatio="none"`;
	const picture = (href: string, crisp: boolean): string =>
		`<image ${box}${crisp ? ' style="image-rendering:pixelated"' : ""} href="${href}"/>`;
	const words = [
		`${height} × ${width} pixels.`,
		map === undefined || range === undefined
			? ""
			: `Weights of ${heat?.rows} × ${heat?.columns} places, from ${wordWeight(range[0])} to ${wordWeight(range[1])}.`,
		heat === undefined || map === undefined ? "" : strongest(heat, strongestCell(map)),
		caption,
	];
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" class="heed-image" role="img" aria-label="${escapeXml(`Image ${title}`.trim())}" viewBox="0 0 ${full.width} ${full.height}" width="${full.width}" height="${full.height}" font-family="system-ui, sans-serif">`,
		`<title>${escapeXml(title || "Image")}</title><desc>${escapeXml(words.filter((part) => part !== "").join(" "))}</desc>`,
		`<style>${themeStyle(".heed-image", theme)}.heed-image text{fill:var(--heed-ink);unicode-bidi:isolate}.heed-image .muted{fill:var(--heed-muted)}.heed-image .masked{fill:var(--heed-masked)}.heed-image .nan{stroke:var(--heed-alarm);stroke-width:1.5;fill:none}.heed-image .mark{fill:none;stroke-linejoin:round}.heed-image .place{fill:transparent}.heed-image .place:hover{stroke:var(--heed-ink);stroke-width:2}</style>`,
		title === ""
			? ""
			: `<text x="0" y="15" font-size="13" font-weight="600">${shortText(title, longestLine)}</text>`,
		`<g transform="translate(0 ${top})">`,
		picture(imagePng(image), scale >= 2),
		heat === undefined || range === undefined ? "" : picture(heatPng(heat, range), heat.smooth !== true),
		...places(image, right, bottom),
		...marks.map((mark, i) => drawMark(mark, scale, i)),
		"</g>",
		map === undefined || range === undefined ? "" : colorBar(map, range, 0, top + bottom + 8),
		caption === ""
			? ""
			: `<text class="muted" x="0" y="${round(captionTop + 16)}" font-size="12">${shortText(caption, longestLine)}</text>`,
		"</svg>",
	].join("");
}

/** Whole pixels keep small images crisp. */
function defaultScale(side: number): number {
	return side > defaultSide ? Math.min(1, 320 / side) : Math.floor(defaultSide / side);
}

/** What says the weight of each place when pointed at. */
function places({ heat }: AttentionImage, right: number, bottom: number): string[] {
	if (heat === undefined || heat.rows * heat.columns > mostTitles) return [];
	const [w, h] = [right / heat.columns, bottom / heat.rows];
	return Array.from({ length: heat.rows * heat.columns }, (_, i) => {
		const [row, column] = [Math.floor(i / heat.columns), i % heat.columns];
		const name = placeAndWeight(heat, i);
		return `<rect class="place" x="${round(column * w)}" y="${round(row * h)}" width="${round(w)}" height="${round(h)}"><title>${name}</title></rect>`;
	});
}

const placeAndWeight = ({ weights, columns }: ImageHeat, i: number): string =>
	`row ${Math.floor(i / columns) + 1}, column ${(i % columns) + 1}: ${wordWeight(weights[i] ?? Number.NaN)}`;

/** One sentence for those who cannot see the picture. */
const strongest = (heat: ImageHeat, place: number): string =>
	place < 0 ? "" : `Strongest: ${placeAndWeight(heat, place)}.`;

/** A light line under a coloured one, to be seen on any image. */
function drawMark({ points, closed = false, label = "" }: ImageMark, scale: number, index: number): string {
	const color = `var(--heed-s${index % seriesColors})`;
	const at = points.map(([x = 0, y = 0]) => [round(x * scale), round(y * scale)] as const);
	const shape = closed ? "polygon" : "polyline";
	const list = at.map((point) => point.join(",")).join(" ");
	const lines = [
		["#ffffff", 4],
		[color, 2],
	].map(
		([stroke, size]) => `<${shape} class="mark" points="${list}" stroke="${stroke}" stroke-width="${size}"/>`,
	);
	const dots = closed
		? []
		: at.map(
				([x, y], i) =>
					`<circle cx="${x}" cy="${y}" r="${i === 0 ? 5 : 3.5}" fill="${color}" stroke="#ffffff" stroke-width="1.5"/>`,
			);
	const [x = 0, y = 0] = at[0] ?? [];
	const name =
		label === ""
			? ""
			: `<text x="${round(x + 4)}" y="${round(y + 14)}" font-size="12" font-weight="600" style="fill:${color};paint-order:stroke;stroke:#ffffff;stroke-width:3">${escapeXml(truncate(label, longestLine))}</text>`;
	return [...(points.length > 1 ? lines : []), ...dots, name].join("");
}

/** The colour bar, with room for the word NaN where there is one. */
const scaleWidth = ({ heat }: AttentionImage): number => {
	if (heat === undefined) return 0;
	const weights = Array.from({ length: heat.rows * heat.columns }, (_, i) => heat.weights[i]);
	return weights.some(Number.isNaN) ? barWidth + 60 : barWidth + 1;
};

const lineWidth = (text: string, size: number): number =>
	largest([0, Math.min(displayWidth(text), longestLine) * size * 0.56]);

/** Coordinates need no more than two decimals. */
const round = (value: number): number => Math.round(value * 100) / 100;
