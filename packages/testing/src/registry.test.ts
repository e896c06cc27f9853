import { describe, expect, it } from "vitest";
import { expectWholeRegistry, type RegistryEntry, type RegistryOptions } from "./registry.ts";

class SimAM {}
const exports = {
	SimAM,
	simAM: () => new SimAM(),
	simAMLayer: () => new SimAM(),
	softmax: () => 0,
	check: () => 0,
	size: 3,
};
const entry = (name: string): RegistryEntry => ({
	name,
	package: "@heed/core",
	summary: "what it computes",
	backends: ["cpu", "wasm"],
});
const mechanisms = [entry("SimAM"), entry("softmax")];
const others = { checks: ["check"] };
const compare = (changed: Partial<RegistryOptions>) => (): void =>
	expectWholeRegistry({ from: "@heed/core", exports, mechanisms, others, ...changed });

describe("expectWholeRegistry", () => {
	it("takes a layer and its function as one, under either name", () => {
		compare({})();
		compare({ mechanisms: [entry("simAM"), entry("softmax")] })();
	});

	it("fails where names and entries do not agree", () => {
		expect(compare({ others: {} })).toThrow("without an entry");
		expect(compare({ mechanisms: [entry("SimAM")] })).toThrow("without an entry");
		expect(compare({ mechanisms: [...mechanisms, entry("hardmax")] })).toThrow("not exported");
		expect(compare({ others: { checks: ["check", "checkAll"] } })).toThrow("not exported");
		expect(compare({ others: { checks: ["check", "softmax"] } })).toThrow("named twice");
		expect(compare({ from: "@heed/nlp" })).toThrow("SimAM");
		expect(compare({ mechanisms: [entry("SimAM"), { ...entry("softmax"), backends: ["cpu"] }] })).toThrow(
			"softmax",
		);
	});
});
