import { hashText } from "@heed/nlp";
import { describe, expect, it } from "vitest";
import { blank } from "./question.ts";
import { clozesOf, lastNamed, storyKinds, storyQuestions } from "./story-questions.ts";
import { people, rooms, tellStory, things } from "./story-world.ts";

const options = { seed: 3, train: 600, longer: 60, length: [5, 10], longerLength: [12, 20] } as const;

/** Reads a story again, sentence by sentence, and knows nothing but its words. */
function replay(story: readonly string[]) {
	const roomsOf = new Map<string, string[]>();
	const placesOf = new Map<string, string[]>();
	const holderOf = new Map<string, string>();
	const gifts: string[][] = [];
	const arrive = (places: Map<string, string[]>, who: string, room: string): void => {
		const visited = places.get(who) ?? [];
		if (visited.at(-1) !== room) visited.push(room);
		places.set(who, visited);
	};
	for (const sentence of story) {
		const words = sentence.split(" ");
		const [who = ""] = words;
		const room = words.find((word) => rooms.includes(word as never));
		const thing = words.find((word) => things.includes(word as never)) ?? "";
		const receiver = words.at(-2) ?? "";
		const here = roomsOf.get(who)?.at(-1) ?? "nowhere";
		expect(people).toContain(who);
		if (room !== undefined) {
			arrive(roomsOf, who, room);
			for (const [held, holder] of holderOf) if (holder === who) arrive(placesOf, held, room);
		} else if (/ (gave|handed|passed) /.test(sentence)) {
			expect(holderOf.get(thing), sentence).toBe(who);
			expect(roomsOf.get(receiver)?.at(-1), sentence).toBe(here);
			holderOf.set(thing, receiver);
			gifts.push([who, thing, receiver]);
		} else if (/ (dropped|left|put down) /.test(sentence)) {
			expect(holderOf.get(thing), sentence).toBe(who);
			holderOf.delete(thing);
		} else {
			expect(sentence).toMatch(/ (took|grabbed|picked up) the \w+ \.$/);
			expect(holderOf.has(thing), sentence).toBe(false);
			expect([undefined, here], sentence).toContain(placesOf.get(thing)?.at(-1));
			expect(here).not.toBe("nowhere");
			holderOf.set(thing, who);
			arrive(placesOf, thing, here);
		}
	}
	return { roomsOf, placesOf, holderOf, gifts };
}

/** The answers that a story allows, found by other means than those of the generator. */
function answersOf(story: readonly string[], query: string): string[] {
	const { roomsOf, placesOf, holderOf, gifts } = replay(story);
	const of = (who: string): string[] => roomsOf.get(who) ?? placesOf.get(who) ?? [];
	const words = query.split(" ").filter((word) => !["the", "."].includes(word));
	const [first = "", second = "", third = ""] = words;
	if (first === "before") {
		const visited = of(third);
		return visited.filter((_, i) => visited[i + 1] === second);
	}
	if (second === "is") return of(first).slice(-1);
	if (second === "has") return [holderOf.get(third) ?? ""];
	const asked = [first, third, words[4] ?? ""];
	const place = asked.indexOf(blank);
	const fits = gifts.filter((gift) => gift.every((part, i) => i === place || part === asked[i]));
	return [...new Set(fits.map((gift) => gift[place] ?? ""))];
}

describe("questions about made-up stories", () => {
	const { train, heldOut, longer } = storyQuestions(options);
	const all = [...train, ...heldOut, ...longer];

	it("have one answer each, and it is the right one", () => {
		for (const { story, query, answer } of all) {
			expect(answersOf(story, query), `${story.join(" ")} ${query}`).toEqual([answer]);
			expect(story.join(" ").split(" ")).toContain(answer);
		}
	});

	it("are of all kinds alike, with stories as long as they should be", () => {
		for (const { kind } of storyKinds) {
			const part = all.filter((question) => question.kind === kind).length / all.length;
			expect(part, kind).toBeCloseTo(1 / storyKinds.length, 2);
		}
		const lengths = (set: typeof train): number[] =>
			[...new Set(set.map(({ story }) => story.length))].sort();
		expect(Math.min(...lengths(train))).toBe(5);
		expect(Math.max(...lengths([...train, ...heldOut]))).toBe(10);
		expect(Math.min(...lengths(longer))).toBeGreaterThanOrEqual(12);
		expect(Math.max(...lengths(longer))).toBe(20);
	});

	it("put no story on both sides, and are those of the seed", () => {
		const learned = new Set(train.map(({ story }) => story.join(" ")));
		expect(heldOut.some(({ story }) => learned.has(story.join(" ")))).toBe(false);
		expect(heldOut.length / all.length).toBeGreaterThan(0.05);
		expect(storyQuestions(options)).toEqual({ train, heldOut, longer });
		expect(storyQuestions({ ...options, seed: 0 }).train).not.toEqual(train);
	});

	it("cannot be answered by naming what came last", () => {
		const right = all.filter((question) => lastNamed(question) === question.answer).length / all.length;
		expect(right).toBeLessThan(0.55);
		const story = ["mary went to the attic .", "john took the hat .", "mary left the lamp ."];
		expect(lastNamed({ story, query: "", answer: "fred", kind: "" })).toBe("mary");
		expect(lastNamed({ story, query: "", answer: "garden", kind: "" })).toBe("attic");
	});
});

describe("the clozes of a story", () => {
	it("leave out what could be answered in two ways", () => {
		const twice = {
			sentences: [],
			roomsOf: new Map([["mary", ["attic", "garden", "attic", "office"]]]),
			placesOf: new Map(),
			holderOf: new Map(),
			gifts: [
				{ giver: "mary", thing: "hat", receiver: "fred" },
				{ giver: "mary", thing: "hat", receiver: "john" },
			],
		};
		const before = clozesOf(twice, "person before").map(({ query, answer }) => `${query} ${answer}`);
		expect(before).toEqual([
			"before the garden mary was in the XXXXX . attic",
			"before the office mary was in the XXXXX . attic",
		]);
		const gifts = clozesOf(twice, "gift").map(({ query }) => query);
		expect(gifts).not.toContain("mary gave the hat to XXXXX .");
		expect(gifts).toContain("mary gave the XXXXX to john .");
	});

	it("come from stories in which nobody does what cannot be", () => {
		for (let i = 0; i < 40; i++) {
			let drawn = 0;
			const story = tellStory((count) => hashText(`${i} ${drawn++}`, 0) % count, 30);
			expect(story.sentences).toHaveLength(30);
			const { roomsOf, placesOf, holderOf } = replay(story.sentences);
			expect(story.roomsOf).toEqual(roomsOf);
			expect(story.placesOf).toEqual(placesOf);
			expect(story.holderOf).toEqual(holderOf);
		}
	});
});
