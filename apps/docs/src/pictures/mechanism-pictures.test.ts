import { describe, expect, it } from "vitest";
import { decoderAttention, hardAttention } from "./decoder-attention.ts";
import { links } from "./links.ts";
import { copyNames } from "./names.ts";
import { convolutionalLayers, transformerHeads } from "./other-translators.ts";
import { poolReviews } from "./reviews.ts";
import { lookedAt } from "./sentences.ts";
import { writeSounds } from "./sounds.ts";
import { readStories } from "./stories.ts";
import { twoHeads } from "./two-heads.ts";

describe("the pictures of mechanisms", () => {
	it("show decoders that look at the word that they translate", async () => {
		const maps = [...(await decoderAttention()), await hardAttention()];
		expect(maps.length).toBe(6);
		for (const map of maps) {
			const looked = ["voit", "lapin", "blanc"].map((word) => lookedAt(map, word));
			expect(looked, map.title).toEqual(["sees", "rabbit", "white"]);
		}
	}, 180_000);

	it("show mechanisms that go forward through drawn-out words", async () => {
		for (const { title, queryTokens, keyTokens, weights } of await writeSounds()) {
			expect(queryTokens.join(""), title).toBe("tonsil");
			const places = queryTokens.map((_, row) =>
				Array.from(keyTokens).reduce((sum, _, k) => sum + k * (weights[row * keyTokens.length + k] ?? 0), 0),
			);
			expect(places.length).toBe(6);
			if (title === "monotonic") expect(places, title).toEqual([...places].sort((a, b) => a - b));
		}
	}, 180_000);

	it("show a model that copies names which it has never seen", async () => {
		const map = await copyNames();
		expect(map.queryTokens.join(" ")).toBe("Embla was met by Ask today");
		expect(["Embla", "Ask"].map((name) => lookedAt(map, name))).toEqual(["Embla", "Ask"]);
	});

	it("show one head for each distance", async () => {
		const back = (await twoHeads()).map(({ weights }) =>
			[1, 3].find((n) => [4, 5, 6, 7].every((row) => (weights[row * 8 + row - n] ?? 0) > 0.5)),
		);
		expect(back.sort()).toEqual([1, 3]);
	});

	it("show where a Transformer and a convolutional decoder look", async () => {
		const heads = await transformerHeads();
		expect(heads.map(({ head }) => head)).toEqual([0, 1]);
		expect(heads.map((map) => lookedAt(map, "lapin"))).toContain("rabbit");
		const layers = await convolutionalLayers();
		expect(layers.length).toBe(2);
		expect(layers.map((map) => lookedAt(map, "voit"))).toContain("sees");
	});

	it("show the word and the sentence that decide", async () => {
		const maps = await poolReviews();
		expect(maps[1]?.title).toMatch(/weight (0\.9|1\.0)/);
		const weights = Array.from(maps[1]?.weights ?? []);
		expect(maps[1]?.keyTokens[weights.indexOf(Math.max(...weights))]).toBe("lovely");
	});

	it("show readers that find the answer", async () => {
		const maps = await readStories();
		expect(maps.map((map) => lookedAt(map, "book"))).toEqual(["Ada", "Ada"]);
	});

	it("show links of a hypothesis", async () => {
		const [, linked] = await links();
		expect(linked && lookedAt(linked, "chat")).toBe("cat");
	});
});
