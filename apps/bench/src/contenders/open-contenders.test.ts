import { describe, expect, it } from "vitest";
import { openContenders } from "./open-contenders.ts";
import { firstLine } from "./ort-module.ts";

const patience = { cpu: 1, other: 1 };

describe("openContenders", () => {
	it("names those that are not installed or do not start", async () => {
		const load = async (name: string): Promise<never> => {
			if (name === "onnxruntime-node") throw new Error("no such library\nat somewhere");
			throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
		};
		const { present, absent, versions } = await openContenders({
			wanted: ["stock", "onnxruntime-web", "onnxruntime-node"],
			...{ patience, load },
		});
		expect(present.map(({ id }) => id)).toEqual(["heed", "stock"]);
		expect(absent).toEqual([
			{ id: "onnxruntime-web", reason: "it is not installed" },
			{ id: "onnxruntime-node", reason: "it does not start: no such library" },
		]);
		expect(versions).toEqual({});
	});

	it("finds that a package is not there", async () => {
		const load = (): Promise<unknown> => import("onnxruntime-that-nobody-has" as string);
		const { absent } = await openContenders({ wanted: ["onnxruntime-node"], patience, load });
		expect(absent).toEqual([{ id: "onnxruntime-node", reason: "it is not installed" }]);
	});

	it("keeps heed, and only who is wanted", async () => {
		const { present, absent } = await openContenders({ wanted: [], patience });
		expect([present.map(({ id }) => id), absent]).toEqual([["heed"], []]);
	});
});

describe("firstLine", () => {
	it("leaves out codes and places", () => {
		const message =
			"failed to call OrtRun(). ERROR_CODE: 1, ERROR_MESSAGE: /some/where/safeint.h:17 static void Handler<X>::On() Integer overflow\nmore";
		expect(firstLine(message)).toBe("Integer overflow");
		expect(firstLine("plain: (words) stay\n")).toBe("plain: (words) stay");
	});
});
