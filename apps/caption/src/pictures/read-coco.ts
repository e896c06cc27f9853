import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { readJson, thin, UserError } from "@heed/command-line";
import { captionWords } from "./caption-words.ts";
import type { Picture } from "./picture.ts";
import { readPicture } from "./read-picture.ts";

/** Which pictures are read and how. */
export interface CocoOptions {
	/** The folder of the pictures. */
	readonly folder: string;
	/** The captions; default: the one JSON file in the folder. */
	readonly captions?: string | undefined;
	/** Sides of the pictures that come out. */
	readonly size: number;
	/** At most so many, evenly chosen; 0 takes all. */
	readonly limit: number;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads pictures and their captions in COCO's form, `{ images: [{ id, file_name }], annotations: [{ image_id, caption }] }`,
 * in the order of the file. Pictures without a caption are passed over.
 *
 * @throws UserError for a file that is missing or cannot be used.
 */
export function readCoco({ folder, captions, size, limit }: CocoOptions): Picture[] {
	if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
		throw new UserError(`${folder}: there is no such folder; give the folder of the pictures.`);
	}
	const path = captions ?? findCaptions(folder);
	const described = thin(readCaptions(path), limit);
	for (const { file } of described) {
		if (!existsSync(join(folder, file))) {
			throw new UserError(`${join(folder, file)}: there is no such picture, though ${path} names it.`);
		}
	}
	return described.map(({ file, texts }) => ({
		name: file,
		pixels: readPicture(join(folder, file), size),
		captions: texts,
	}));
}

function findCaptions(folder: string): string {
	const found = readdirSync(folder).filter((name) => /\.json(\.gz)?$/u.test(name));
	const [only] = found;
	if (only !== undefined && found.length === 1) return join(folder, only);
	const what = found.length === 0 ? "no JSON file" : `${found.length} JSON files`;
	throw new UserError(`${folder} holds ${what}; say which has the captions with --captions.`);
}

function readCaptions(path: string): { readonly file: string; readonly texts: string[] }[] {
	const { images, annotations } = (readJson(path, "the JSON file of the captions") ?? {}) as Json;
	const wrong = (what: string): UserError => new UserError(`${path}: ${what}`);
	if (!Array.isArray(images) || !Array.isArray(annotations)) {
		throw wrong("expected COCO's form, with the lists `images` and `annotations`.");
	}
	const byId = new Map<unknown, { readonly file: string; readonly texts: string[] }>();
	images.forEach((image: Json | null, i) => {
		if (isId(image?.id) && typeof image.file_name === "string") {
			byId.set(image.id, { file: image.file_name, texts: [] });
			return;
		}
		throw wrong(`\`images[${i}]\` has no \`id\` or no \`file_name\`.`);
	});
	annotations.forEach((annotation: Json | null, i) => {
		if (!isId(annotation?.image_id) || typeof annotation.caption !== "string") {
			throw wrong(`\`annotations[${i}]\` has no \`image_id\` or no \`caption\`.`);
		}
		const own = byId.get(annotation.image_id);
		if (own === undefined) {
			throw wrong(
				`\`annotations[${i}]\` is about the image ${annotation.image_id}, which is not among \`images\`.`,
			);
		}
		const text = captionWords(annotation.caption).join(" ");
		if (text !== "") own.texts.push(text);
	});
	const described = [...byId.values()].filter(({ texts }) => texts.length > 0);
	if (described.length > 0) return described;
	throw wrong("there is no picture with a caption.");
}

function isId(id: unknown): id is number | string {
	return typeof id === "number" || typeof id === "string";
}
