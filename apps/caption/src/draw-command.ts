import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareFolder, print, typedCommand } from "@heed/command-line";
import { writeFileAtomically } from "@heed/io/node";
import { encode } from "fast-png";
import type { DrawOptions } from "./options.ts";
import { scenePictures } from "./scenes/scene-pictures.ts";

/** `caption draw`: writes scenes as PNG files with their captions in COCO's form, as `--data` takes them. */
export async function drawCommand(folder: string, { count, size, seed }: DrawOptions): Promise<void> {
	await prepareFolder({ path: folder }, "folder");
	const pictures = scenePictures({ name: "scene", size, seed, count });
	const images = pictures.map(({ pixels }, i) => {
		const name = `scene-${`${i + 1}`.padStart(`${count}`.length, "0")}.png`;
		writeFileSync(join(folder, name), encode({ width: size, height: size, channels: 3, data: pixels }));
		return { id: i + 1, file_name: name, width: size, height: size };
	});
	const annotations = pictures.flatMap(({ captions }, picture) =>
		captions.map((caption, i) => ({ id: 100 * (picture + 1) + i, image_id: picture + 1, caption })),
	);
	await writeFileAtomically(join(folder, "captions.json"), JSON.stringify({ images, annotations }));
	await print(`${count} scenes with ${annotations.length} captions are in ${folder}.`);
	await print(`Learn from them with: ${typedCommand("caption train", { data: folder })}`);
}
