import { describe, expect, it } from "vitest";
import { hashSplit } from "./hash-split.ts";
import { hashText } from "./hash-text.ts";

const items = Array.from({ length: 3000 }, (_, i) => ({ source: `sentence ${i % 1000}`, target: `t${i}` }));
const key = ({ source }: { source: string }): string => source;

describe("hashSplit", () => {
	it("puts about the asked share aside, and no key on both sides", () => {
		const { train, heldOut } = hashSplit(items, { key });
		expect(train.length + heldOut.length).toBe(3000);
		expect(heldOut.length).toBeGreaterThan(200); // 300 ± 5 times the standard deviation of 1000 keys
		expect(heldOut.length).toBeLessThan(400);
		const held = new Set(heldOut.map(key));
		expect(train.some((item) => held.has(item.source))).toBe(false);
	});

	it("keeps every line on its side when lines come or go, and keeps the order", () => {
		const whole = hashSplit(items, { key, seed: 3 });
		const some = hashSplit(items.slice(500, 700), { key, seed: 3 });
		const side = new Set(whole.heldOut);
		expect(some.heldOut).toEqual(items.slice(500, 700).filter((item) => side.has(item)));
	});

	it("splits otherwise with another seed", () => {
		expect(hashSplit(items, { key, seed: 0 }).heldOut).not.toEqual(
			hashSplit(items, { key, seed: 1 }).heldOut,
		);
	});

	it("takes all or nothing at the ends", () => {
		expect(hashSplit(items, { key, fraction: 0 }).heldOut).toHaveLength(0);
		expect(hashSplit(items, { key, fraction: 1 }).train).toHaveLength(0);
	});

	it("refuses shares out of range", () => {
		expect(() => hashSplit(items, { key, fraction: 1.1 })).toThrow("`fraction` is 1.1");
		expect(() => hashSplit(items, { key, share: 0.1 } as never)).toThrow("unknown option `share`");
	});
});

describe("hashText", () => {
	it("spreads over all bits, and depends on every character and the seed", () => {
		const ones = new Array<number>(32).fill(0);
		for (let i = 0; i < 2000; i++) {
			const hash = hashText(`${i}`);
			for (let bit = 0; bit < 32; bit++) ones[bit] = (ones[bit] ?? 0) + ((hash >>> bit) & 1);
		}
		for (const count of ones) expect(Math.abs(count - 1000)).toBeLessThan(120); // 5 times sqrt(2000) / 2
		expect(new Set(["", "a", "ab", "ba", "b"].map((text) => hashText(text))).size).toBe(5);
		const seeds = [0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 33];
		expect(new Set(seeds.map((seed) => hashText("a", seed))).size).toBe(seeds.length);
	});
});
