import { describe, expect, it } from "vitest";
import { expectRefusal } from "../../test/raw-file.ts";
import { checkShardName, readShardIndex } from "./shard-index.ts";

describe("readShardIndex", () => {
	it("reads names and files", () => {
		const text = `{ "metadata": { "total_size": 1.5e10, "note": "x", "ok": true },
			"weight_map": { "a": "model-00001-of-00002.safetensors", "__proto__": "model-00002-of-00002.safetensors",
			"b": "model-00001-of-00002.safetensors" } }\n`;
		const { weightMap, shards } = readShardIndex(text);
		expect([...weightMap.keys()]).toEqual(["a", "__proto__", "b"]);
		expect(shards).toEqual(["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]);
	});

	it("refuses broken indexes", () => {
		expectRefusal(() => readShardIndex("{}"), "SHARD_INDEX");
		expectRefusal(() => readShardIndex('{"weight_map":{},"code":"x"}'), "SHARD_INDEX");
		expectRefusal(
			() => readShardIndex('{"weight_map":{"a":"m.safetensors","a":"n.safetensors"}}'),
			"DUPLICATE_NAME",
		);
		expectRefusal(() => readShardIndex('{"weight_map":{"a":"../m.safetensors"}}'), "SHARD_NAME");
		expectRefusal(() => readShardIndex('{"weight_map":["a"]}'), "HEADER_SYNTAX");
		const many = Array.from({ length: 10_001 }, (_, i) => `"t${i}":"m${i}.safetensors"`).join(",");
		expectRefusal(() => readShardIndex(`{"weight_map":{${many}}}`), "SHARD_INDEX");
	});
});

describe("checkShardName", () => {
	it.each([
		"../model.safetensors",
		"..\\model.safetensors",
		"/etc/model.safetensors",
		"C:\\model.safetensors",
		"C:model.safetensors",
		"sub/model.safetensors",
		"file:model.safetensors",
		"https://example.org/model.safetensors",
		"%2e%2e%2fmodel.safetensors",
		"model..safetensors",
		".safetensors",
		".hidden.safetensors",
		"model.safetensors\0.txt",
		"model.bin",
		"",
		`${"a".repeat(300)}.safetensors`,
		"model.safetensors\n",
	])("refuses %j", (name) => expectRefusal(() => checkShardName(name), "SHARD_NAME"));

	it("lets ordinary names through", () => {
		expect(() => checkShardName("model-00001-of-00002.safetensors")).not.toThrow();
		expect(() => checkShardName("pytorch_model.v2.safetensors")).not.toThrow();
	});
});
