import { expect, test } from "vitest";
import * as core from "./index.ts";

/** Exported functions that are no mechanisms. A new one belongs in the registry of its folder, or here. */
const others: Record<string, readonly string[]> = {
	"checks and errors": [
		"HeedError",
		"checkChoice",
		"checkDtype",
		"checkFlag",
		"checkNotEmpty",
		"checkNumber",
		"checkOptions",
		"checkRank",
		"checkShape",
		"describeShape",
		"resolveAxis",
	],
	"kernels, which a backend may replace": [
		"onKernelPath",
		"registerFusedAttention",
		"registerFusedGridSample",
		"runDifferentiableOp",
		"unregisterFusedAttention",
		"unregisterFusedGridSample",
	],
	"recurrent cells": ["gruResetBeforeSequence", "gruSequence", "lstmSequence"],
	"bits and memory": ["disposeCache", "mixBits", "seedKey"],
};

const exported = Object.entries(core)
	.filter(([, value]) => typeof value === "function")
	.map(([name]) => name);
const listed = core.coreMechanisms.map(({ name }) => name);

test("every mechanism in the registry is exported, once", () => {
	expect(listed.filter((name) => !exported.includes(name))).toEqual([]);
	expect(listed).toEqual([...new Set(listed)]);
});

test("every exported function is in the registry, or known not to be a mechanism", () => {
	const known = [...listed, ...Object.values(others).flat()];
	expect(exported.filter((name) => !known.includes(name))).toEqual([]);
	expect(known.filter((name) => !exported.includes(name))).toEqual([]);
	expect(known).toEqual([...new Set(known)]);
});

test("every entry says what it is, in one line, and where it was published", () => {
	for (const { name, summary, paper, backends } of core.coreMechanisms) {
		expect(summary, name).toMatch(/^\S.{8,140}$/);
		expect(backends, name).toEqual(expect.arrayContaining(["cpu", "wasm"]));
		if (paper !== undefined) expect(paper.url, name).toMatch(/^https:\/\//);
	}
});
