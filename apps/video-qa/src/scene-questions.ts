import { type Random, randomOf } from "@heed/command-line";
import type { Actor, Scene } from "./scene.ts";
import type { Question } from "./video.ts";

/** The kinds of questions about scenes. */
type QuestionType = "count" | "order" | "direction";

/** How often a digit is seen, in words: digits are answers of their own. */
export const counts: readonly string[] = ["never", "once", "twice", "three times", "four times"];

const wordings = {
	count: ["how many times does the # appear", "how often is the # seen"],
	after: ["which digit is the next new one after the #", "what new digit comes right after the #"],
	before: ["which digit is the last new one before the #", "what new digit comes right before the #"],
	first: ["which digit is the first new one", "what new digit comes first"],
	last: ["which digit is the last new one", "what new digit comes last"],
	direction: ["where does the # move", "which way does the # go"],
} as const;

/**
 * Two questions of each kind where there are so many: about the moves of digits; about how often a digit is seen, which
 * now and then is not there; and about the order in which digits are seen for the first time.
 */
export function askAbout(scene: Scene, seed: number): Question[] {
	const random = randomOf("questions", seed);
	const movers = scene.filter(({ direction }) => direction !== undefined);
	return [
		...random.sample(countQuestions(scene, random), 2),
		...random.sample(orderQuestions(scene, random), 2),
		...movers.map((actor) => ask(random, "direction", "direction", actor.direction ?? "", actor.digit)),
	];
}

function countQuestions(scene: Scene, random: Random): Question[] {
	const count = (digit: number, times: number): Question =>
		ask(random, "count", "count", counts[times] ?? "", digit);
	const blinkers = scene.filter(({ direction }) => direction === undefined);
	const absent = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((digit) =>
		scene.every((actor) => actor.digit !== digit),
	);
	const found = blinkers.map(({ digit, appearances }) => count(digit, appearances.length));
	if (random.chance(0.2)) found.push(count(random.pick(absent), 0));
	if (random.chance(0.2))
		found.push(count(random.pick(scene.filter((actor) => !blinkers.includes(actor))).digit, 1));
	return found;
}

function orderQuestions(scene: Scene, random: Random): Question[] {
	const order = (name: keyof typeof wordings, answer: Actor | undefined, about?: Actor): Question =>
		ask(random, "order", name, String(answer?.digit), about?.digit);
	return [
		order("first", scene[0]),
		order("last", scene.at(-1)),
		...scene
			.slice(1)
			.flatMap((actor, i) => [order("after", actor, scene[i]), order("before", scene[i], actor)]),
	];
}

function ask(
	random: Random,
	type: QuestionType,
	wording: keyof typeof wordings,
	answer: string,
	digit?: number,
): Question {
	return { text: random.pick(wordings[wording]).replace("#", String(digit)), answer, type };
}
