import { expect, it } from "vitest";
import { tokensOf, wordOf } from "./tokens.ts";

it.each([
	["Mary went home.", "mary went home ."],
	["mary went home .", "mary went home ."],
	['"Is it 3.5?" she said,  (twice).', '" is it 3.5 ?" she said , ( twice ).'],
	["The XXXXX isn't here!", "the xxxxx isn't here !"],
	["", ""],
])("takes %j apart", (text, tokens) => {
	expect(tokensOf(text).join(" ")).toBe(tokens);
});

it("takes one word as an answer", () => {
	expect(wordOf("Mr.")).toBe("mr");
	expect(wordOf(" Lamp")).toBe("lamp");
	expect(wordOf(" ")).toBe("");
});
