import { hashSplit, hashText } from "@heed/nlp";
import { type AnsweredQuestion, blank } from "./question.ts";
import { type Draw, people, rooms, type Story, tellStory, things } from "./story-world.ts";

/** The kinds of question, and how many sentences of the story it takes to answer one. */
export const storyKinds = [
	{ kind: "person", facts: 1, example: `mary is in the ${blank} .` },
	{ kind: "holder", facts: 1, example: `${blank} has the football .` },
	{ kind: "gift", facts: 1, example: `mary gave the ${blank} to fred .` },
	{ kind: "thing", facts: 2, example: `the football is in the ${blank} .` },
	{ kind: "person before", facts: 2, example: `before the kitchen mary was in the ${blank} .` },
	{ kind: "thing before", facts: 3, example: `before the kitchen the football was in the ${blank} .` },
] as const;

type Kind = (typeof storyKinds)[number]["kind"];
type Cloze = Pick<AnsweredQuestion, "query" | "answer">;

/** How many questions to make up, and about what stories. */
export interface StoryQuestionsOptions {
	readonly seed: number;
	/** Number of questions to learn from and to decide when to stop. */
	readonly train: number;
	/** Number of questions about longer stories. */
	readonly longer: number;
	/** Sentences of a story, from and to. */
	readonly length: readonly [shortest: number, longest: number];
	/** The same of the longer stories. */
	readonly longerLength: readonly [shortest: number, longest: number];
}

/** Questions to learn from, and questions to be judged by. */
export interface StoryQuestions {
	readonly train: readonly AnsweredQuestion[];
	/** A tenth of all, about stories that no question of the training is about. */
	readonly heldOut: readonly AnsweredQuestion[];
	/** About stories that are longer than any of the training. */
	readonly longer: readonly AnsweredQuestion[];
}

/**
 * Makes up stories and one question about each; all kinds are equally frequent. A hash of the story decides on which
 * side it is, so that no story is on both.
 */
export function storyQuestions(options: StoryQuestionsOptions): StoryQuestions {
	const { seed, train, longer, length, longerLength } = options;
	const all = draw(Math.ceil(train / 0.9), length, seed, "story");
	const split = hashSplit(all, { key: ({ story }) => story.join(" "), fraction: 0.1, seed });
	return {
		train: split.train,
		heldOut: split.heldOut,
		longer: draw(longer, longerLength, seed, "longer story"),
	};
}

function draw(
	count: number,
	[shortest, longest]: readonly [number, number],
	seed: number,
	name: string,
): AnsweredQuestion[] {
	return Array.from({ length: count }, (_, i) => {
		const { kind } = storyKinds[i % storyKinds.length] as (typeof storyKinds)[number];
		for (let attempt = 0; ; attempt++) {
			let drawn = 0;
			const next: Draw = (below) => hashText(`${name} ${i} ${attempt} ${drawn++}`, seed) % below;
			const story = tellStory(next, shortest + next(longest - shortest + 1));
			const clozes = clozesOf(story, kind);
			const cloze = clozes[next(Math.max(1, clozes.length))];
			if (cloze !== undefined) return { ...cloze, story: story.sentences, kind };
		}
	});
}

/** The questions of one kind that a story answers, each in one way only. */
export function clozesOf(story: Story, kind: Kind): Cloze[] {
	switch (kind) {
		case "person":
			return [...story.roomsOf].map(([who, rooms]) => whereIs(who, rooms));
		case "thing":
			return [...story.placesOf].map(([thing, rooms]) => whereIs(`the ${thing}`, rooms));
		case "holder":
			return [...story.holderOf].map(([thing, who]) => ({
				query: `${blank} has the ${thing} .`,
				answer: who,
			}));
		case "gift":
			return giftClozes(story);
		case "person before":
			return [...story.roomsOf].flatMap(([who, rooms]) => whereBefore(who, rooms));
		case "thing before":
			return [...story.placesOf].flatMap(([thing, rooms]) => whereBefore(`the ${thing}`, rooms));
	}
}

/**
 * What one says who does not read: the last person, room or thing of the story, whichever it is that is asked for. A
 * reader that is no better has learned nothing.
 */
export function lastNamed({ story, answer }: AnsweredQuestion): string {
	const sorts: readonly (readonly string[])[] = [people, rooms, things];
	const sort = sorts.find((names) => names.includes(answer)) ?? [];
	const named = story
		.join(" ")
		.split(" ")
		.filter((word) => sort.includes(word));
	return named.at(-1) ?? "";
}

function whereIs(who: string, rooms: readonly string[]): Cloze {
	return { query: `${who} is in the ${blank} .`, answer: rooms.at(-1) ?? "" };
}

/** Only about rooms that were visited once: of the others there is no telling which visit is meant. */
function whereBefore(who: string, rooms: readonly string[]): Cloze[] {
	return rooms.flatMap((room, i) => {
		const previous = rooms[i - 1];
		if (previous === undefined || rooms.filter((other) => other === room).length > 1) return [];
		return [{ query: `before the ${room} ${who} was in the ${blank} .`, answer: previous }];
	});
}

/** Each part of each gift in turn is the blank, unless another gift would fill it otherwise. */
function giftClozes({ gifts }: Story): Cloze[] {
	const clozes = gifts.flatMap(({ giver, thing, receiver }) => [
		{ query: `${blank} gave the ${thing} to ${receiver} .`, answer: giver },
		{ query: `${giver} gave the ${blank} to ${receiver} .`, answer: thing },
		{ query: `${giver} gave the ${thing} to ${blank} .`, answer: receiver },
	]);
	return clozes.filter(({ query, answer }) =>
		clozes.every((other) => other.query !== query || other.answer === answer),
	);
}
