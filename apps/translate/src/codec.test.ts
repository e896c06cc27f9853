import { Vocabulary } from "@heed/nlp";
import { describe, expect, it } from "vitest";
import { codecJson, learnCodec, readCodec } from "./codec.ts";
import { copyableOf } from "./copyable.ts";

const pairs = [
	{ source: "Tom's dog, isn't it?", target: "Toms hund, eller hur?" },
	{ source: "the dog", target: "hunden" },
];

describe("the codec of sentences", () => {
	const codec = learnCodec("pairs", pairs, 1);

	it("looks words up in lower case and writes them as they were", () => {
		expect(codec.sourceTokens("The DOG, ")).toEqual(["The", "DOG", "￭,"]);
		expect(codec.encodeSource("DOG")).toEqual([codec.source.idOf("dog"), Vocabulary.eos]);
		expect(codec.decodeTarget(codec.encodeTarget("Toms hund, eller hur?"))).toBe("Toms hund, eller hur?");
		expect(codec.targetTokens([...codec.encodeTarget("hunden"), Vocabulary.eos, 4])).toEqual(["hunden"]);
	});

	it("writes an unknown word as it is told", () => {
		const ids = codec.encodeTarget("Annas hund");
		expect(codec.decodeTarget(ids)).toBe("<unk> hund");
		expect(codec.decodeTarget(ids, (position) => `word ${position}`)).toBe("word 0 hund");
	});

	it("has the words of a source behind its own, for a model that copies", () => {
		const copying = codec.copying("Anna sees Zoë's dog, Anna");
		expect(copying.words).toEqual(["Anna", "sees", "Zoë's", "dog"]); // the comma is a target word as well
		const ids = codec.encodeTarget("Annas Anna hund, Bo", copying);
		const { unk, bos, eos } = Vocabulary;
		const [hund, comma] = [codec.target.idOf("hund"), codec.target.idOf("￭,")];
		expect(ids).toEqual([bos, unk, codec.target.size, hund, comma, unk, eos]);
		expect(codec.targetTokens(ids, copying)).toEqual(["<unk>", "Anna", "hund", "￭,", "<unk>"]);
		expect(codec.decodeTarget(ids, () => "?", copying)).toBe("? Anna hund, ?");
		const { copyIds, words } = copyableOf(copying);
		expect(copyIds).toHaveLength(codec.encodeSource("Anna sees Zoë's dog, Anna").length);
		expect(copyIds.at(-1)).toBe(eos);
		expect(words).toBe(copying.words);
	});

	it("leaves rare words out", () => {
		expect(learnCodec("pairs", pairs, 2).source.toJSON().tokens).toEqual(["dog"]);
	});
});

describe("the codec of dates", () => {
	const codec = learnCodec("dates", [{ source: "4 mars 2021", target: "2021-03-04" }], 1);

	it("reads characters, any space as a plain one", () => {
		expect(codec.encodeSource("4\u202fmars\u00a02021")).toEqual(codec.encodeSource("4 mars 2021"));
		expect(codec.decodeTarget(codec.encodeTarget("2021-03-04"))).toBe("2021-03-04");
		expect(codec.encodeSource("x")).toEqual([Vocabulary.unk, Vocabulary.eos]);
		expect(codec.encodeSource("")).toEqual([Vocabulary.eos]);
	});

	it("is the same after JSON", () => {
		const copy = readCodec("dates", JSON.parse(JSON.stringify(codecJson(codec))));
		expect(copy.encodeSource("4 mars 2021")).toEqual(codec.encodeSource("4 mars 2021"));
		expect(() => readCodec("dates", {})).toThrow("this is no vocabulary");
	});
});
