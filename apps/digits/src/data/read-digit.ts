import { edgeLightness, inverted, isLightAtEdge, readDrawing, resizeArea } from "@heed/command-line/pictures";
import type { Pictures } from "./picture-batches.ts";
import type { DataForm } from "./read-data.ts";

/**
 * Reads a PNG or a JPEG as a network knows pictures: grey, bright on dark, and of its size. A picture whose edge is bright is
 * inverted; one of another size is brought to fit, without being stretched, and stands in the middle.
 *
 * @throws UserError for a file that cannot be read, and for a picture without anything on it.
 */
export function readDigit(path: string, { height, width }: DataForm): Pictures {
	const drawn = readDrawing(path);
	const dark = isLightAtEdge(drawn) ? inverted(drawn) : drawn;
	const ratio = Math.max(dark.height / height, dark.width / width);
	const part = {
		top: (dark.height - height * ratio) / 2,
		left: (dark.width - width * ratio) / 2,
		height: height * ratio,
		width: width * ratio,
	};
	const { values } = resizeArea(dark, { height, width, part, beyond: edgeLightness(dark) });
	return { count: 1, height, width, pixels: values, labels: new Uint8Array(1) };
}
