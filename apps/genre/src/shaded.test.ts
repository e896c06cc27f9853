import { describe, expect, it } from "vitest";
import { shadedHtml } from "./shaded-html.ts";
import { shadedTerminal } from "./shaded-terminal.ts";
import { shadeWords } from "./shaded-text.ts";

const sentences = shadeWords([
	{ words: ["the", "<b>dog"], weight: 0.64, wordWeights: [0.25, 0.75] },
	{ words: ["ran\u001b[2J"], weight: 0.36, wordWeights: [1] },
]);

describe("shadeWords", () => {
	it("is √(weight of the sentence) · weight of the word, the strongest 1", () => {
		const shades = sentences.flatMap(({ words }) => words.map(({ shade }) => shade));
		const strengths = [0.8 * 0.25, 0.8 * 0.75, 0.6];
		shades.forEach((shade, i) => {
			expect(shade).toBeCloseTo((strengths[i] ?? 0) / 0.6);
		});
	});

	it("lets no word steer a terminal", () => {
		expect(sentences[1]?.words[0]?.text).toBe("ran�[2J");
	});

	it("leaves everything pale without attention", () => {
		const [plain] = shadeWords([{ words: ["a"] }]);
		expect(plain).toEqual({ words: [{ text: "a", shade: 0 }] });
	});
});

describe("shadedTerminal", () => {
	it("says with characters what it has no colours for", () => {
		expect(shadedTerminal(sentences, { color: false, width: 40 })).toBe(
			["64 %  the <b>dog", "      --- @@@@@@", "36 %  ran�[2J", "      @@@@@@@"].join("\n"),
		);
	});

	it("puts colours behind words, and none behind pale ones", () => {
		const text = shadedTerminal(sentences, { color: true, width: 40 });
		expect(text).toContain("\u001b[30;48;5;208m<b>dog\u001b[0m");
		expect(text.split("\n")).toHaveLength(2);
		const plain = shadedTerminal(shadeWords([{ words: ["a", "b"] }]), { color: true, width: 40 });
		expect(plain).toBe("  a b");
	});

	it("breaks long sentences between words", () => {
		const words = Array.from({ length: 10 }, (_, i) => `word${i}`);
		const long = shadeWords([{ words, weight: 1, wordWeights: words.map((_, i) => (i === 9 ? 1 : 0)) }]);
		const lines = shadedTerminal(long, { color: false, width: 30 }).split("\n");
		expect(lines).toEqual([
			"100 %  word0 word1 word2 word3",
			"       word4 word5 word6 word7",
			"       word8 word9",
			"             @@@@@",
		]);
	});
});

describe("shadedHtml", () => {
	it("escapes everything, and marks words by how much they count", () => {
		const html = shadedHtml("<h>", ["<p>"], [{ title: `"<t>'`, sentences }]);
		expect(html).not.toMatch(/<b>|<h>|<t>/);
		for (const part of ["&lt;h&gt;", "&lt;p&gt;", "&quot;&lt;t&gt;&#39;", "64.0 %"])
			expect(html).toContain(part);
		expect(html).toContain('rgba(255,140,0,0.85);border-radius:3px">&lt;b&gt;dog</span>');
		expect(html).toContain('rgba(255,140,0,0.28);border-radius:3px">the</span>');
	});

	it("shows text alone where there is no attention", () => {
		const html = shadedHtml("h", [], [{ title: "t", sentences: shadeWords([{ words: ["a", "b"] }]) }]);
		expect(html).toContain("<tr><td>a b</td></tr>");
	});
});
