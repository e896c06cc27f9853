import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { prepareFolder, print, typedCommand, UserError } from "@heed/command-line";
import { writeFileAtomically } from "@heed/io/node";
import type { MakePairsOptions } from "./options.ts";
import { simplifiedBrown } from "./simplify-brown.ts";

/** Learns in minutes: few words are known, the others copied, and attention sees where it looked last. */
const quickSettings = {
	copy: true,
	attention: "location-aware",
	minCount: 5,
	units: 64,
	embedding: 64,
	epochs: 12,
	beam: 1,
};

/** `translate make-pairs`: writes pairs of sentences and what a rule leaves of them, to try `--copy` on. */
export async function makePairsCommand(path: string, { overwrite }: MakePairsOptions): Promise<void> {
	if (existsSync(path) && overwrite !== true) {
		throw new UserError(`${path} is there already. Replace it with --overwrite, or choose another name.`);
	}
	await prepareFolder({ path: dirname(path) }, "file");
	const pairs = simplifiedBrown();
	await writeFileAtomically(path, pairs.map(({ source, target }) => `${source}\t${target}\n`).join(""));
	await print(`${pairs.length} pairs: ${path}`);
	await print(`Learn from them with: ${typedCommand("translate train", { data: path, ...quickSettings })}`);
}
