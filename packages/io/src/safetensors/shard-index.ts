import { maxHeaderBytes } from "./header.ts";
import { JsonScanner } from "./json-scanner.ts";
import { quoteName, SafetensorsError } from "./safetensors-error.ts";

/** More files than any published model has. */
const maxShards = 10_000;

/** Which file of a sharded model holds which tensor. */
export interface ShardIndex {
	/** The file of each tensor. */
	readonly weightMap: Map<string, string>;
	/** The files, each once, in the order of their first use. */
	readonly shards: readonly string[];
}

/**
 * Reads `model.safetensors.index.json`. It opens no file: the names that it returns passed {@link checkShardName}.
 *
 * @throws SafetensorsError for text that is no such index, for a tensor named twice, and for a shard name that is not a
 *   plain file name.
 */
export function readShardIndex(text: string): ShardIndex {
	if (text.length > maxHeaderBytes) {
		throw new SafetensorsError("SHARD_INDEX", `the index has ${text.length} characters; too many to read.`);
	}
	const scanner = new JsonScanner(text.trimEnd());
	const weightMap = new Map<string, string>();
	const shards = new Set<string>();
	let found = false;
	scanner.object("the index", (key) => {
		if (key === "metadata") {
			scanner.object("metadata", () => scanner.skipScalar("a value in metadata"));
		} else if (key === "weight_map") {
			found = true;
			scanner.object("weight_map", (tensor) => {
				const shard = scanner.string(`the shard of ${quoteName(tensor)}`);
				checkShardName(shard);
				weightMap.set(tensor, shard);
				shards.add(shard);
			});
		} else throw new SafetensorsError("SHARD_INDEX", `the index has an unknown entry ${quoteName(key)}.`);
	});
	scanner.end();
	if (!found) throw new SafetensorsError("SHARD_INDEX", "the index has no weight_map.");
	if (shards.size > maxShards) {
		throw new SafetensorsError("SHARD_INDEX", `the index names ${shards.size} shards; at most ${maxShards}.`);
	}
	return { weightMap, shards: [...shards] };
}

/**
 * Refuses a shard name that could lead out of the model's folder: only letters, digits, `.`, `_` and `-` are let
 * through, so there is no folder, no parent, no scheme, no drive and no escape, whatever the platform reads into it.
 * Whether the file is a symbolic link is for the one who opens it to check.
 */
export function checkShardName(name: string): void {
	if (name.length <= 255 && /^\w[\w.-]*\.safetensors$/.test(name) && !name.includes("..")) return;
	throw new SafetensorsError(
		"SHARD_NAME",
		`the shard ${quoteName(name)} is not a plain file name that ends in .safetensors.`,
	);
}
