import { expect, it } from "vitest";
import { nearestName } from "./nearest-name.ts";

it("the nearest name is found, but none that is far from all", () => {
	const names = ["cbam", "bam", "residual"];
	expect(["cbma", "bma", "residul", "xbam", "bam"].map((word) => nearestName(word, names))).toEqual([
		...["cbam", "bam", "residual", "cbam", "bam"],
	]);
	expect(nearestName("Residual_", names)).toBe("residual");
	expect([nearestName("qqqq", names), nearestName("x", [])]).toEqual([undefined, undefined]);
});
