import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { useBackend } from "./backends.ts";
import { fixtureTensor, onnxCases, sharedPath, torchCases } from "./conformance.ts";
import { literalCases, nlpReference } from "./literal.ts";

afterEach(() => {
	vi.unstubAllEnvs();
	vi.restoreAllMocks();
});

describe("sharedPath", () => {
	it("finds what is there", () => {
		const folder = mkdtempSync(join(tmpdir(), "heed-"));
		writeFileSync(join(folder, "data.json"), "{}");
		vi.stubEnv("HEED_SHARED", folder);
		expect(sharedPath("data.json")).toBe(join(folder, "data.json"));
	});

	it("says what is absent, and then there are no cases", () => {
		vi.stubEnv("HEED_SHARED", "/nonexistent");
		vi.stubEnv("HEED_REQUIRE_SHARED", "");
		const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
		expect(sharedPath("a", "b.json")).toBeUndefined();
		expect(warn).toHaveBeenCalledWith(
			"Reference data are absent: shared/a/b.json; the tests on them are skipped.",
		);
		expect([onnxCases("Softmax"), torchCases("attention"), literalCases(/./)]).toEqual([[], [], []]);
		expect(nlpReference("any.json")).toBeUndefined();
	});

	it("throws where the data are required", () => {
		vi.stubEnv("HEED_SHARED", "/nonexistent");
		vi.stubEnv("HEED_REQUIRE_SHARED", "1");
		expect(() => sharedPath("a")).toThrow("Reference data are absent: shared/a");
		expect(() => onnxCases("Softmax")).toThrow("absent");
	});
});

describe("fixtureTensor", () => {
	useBackend("cpu");

	it("reads infinities, NaN, whole numbers and booleans", () => {
		const numbers = fixtureTensor({ dtype: "float64", shape: [3], data: ["-Infinity", "NaN", 0.5] });
		expect([numbers.dtype, ...numbers.dataSync()]).toEqual([
			"float32",
			Number.NEGATIVE_INFINITY,
			Number.NaN,
			0.5,
		]);
		const whole = fixtureTensor({ dtype: "int64", shape: [2, 1], data: [3, -4] });
		expect([whole.dtype, whole.shape, [...whole.dataSync()]]).toEqual(["int32", [2, 1], [3, -4]]);
		const flags = fixtureTensor({ dtype: "bool", shape: [2], data: [true, false] });
		expect([flags.dtype, [...flags.dataSync()]]).toEqual(["bool", [1, 0]]);
	});
});
