import { type Random, randomOf } from "@heed/command-line";

/** Side of a frame, and of the square that a digit fits in, in pixels. */
export const [sceneSide, digitSide] = [28, 10];
/** Frames of a scene. */
export const sceneFrames = 10;

export const directions = ["left", "right", "up", "down"] as const;
type Direction = (typeof directions)[number];

/** A digit in a frame: the upper left corner of its square. */
interface Appearance {
	readonly frame: number;
	readonly x: number;
	readonly y: number;
}

/** One digit of a scene: it moves through some frames in a row, or blinks at one place. */
export interface Actor {
	/** 0 to 9, another one than the other actors' of the scene. */
	readonly digit: number;
	/** In the order of time. */
	readonly appearances: readonly Appearance[];
	/** Absent for those that blink. */
	readonly direction?: Direction;
}

/** Some digits, the first to appear first. No two appear in the same frame for the first time, or overlap. */
export type Scene = readonly Actor[];

/** Draws a scene of three digits, of which at least one moves and at least one blinks. */
export function drawScene(seed: number): Scene {
	const random = randomOf("scene", seed);
	for (;;) {
		const movers = 1 + random.below(2);
		const actors: Actor[] = [];
		for (const [place, digit] of random.sample([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 3).entries()) {
			const actor = findRoom(random, digit, place < movers, actors);
			if (actor !== undefined) actors.push(actor);
		}
		if (actors.length === 3) return actors.sort((a, b) => firstFrame(a) - firstFrame(b));
	}
}

/** When a digit is seen for the first time. */
function firstFrame({ appearances }: Actor): number {
	return appearances[0]?.frame ?? 0;
}

/** What an actor does is drawn once, when and where it does it until there is room: else those who need little prevail. */
function findRoom(random: Random, digit: number, moves: boolean, others: Scene): Actor | undefined {
	const direction = random.pick(directions);
	const times = 1 + random.below(4);
	for (let attempt = 0; attempt < 100; attempt++) {
		const actor = moves ? drawMover(random, digit, direction) : drawBlinker(random, digit, times);
		if (others.every((other) => !clash(actor, other))) return actor;
	}
	return undefined;
}

/** Moves by three pixels from frame to frame. */
function drawMover(random: Random, digit: number, direction: Direction): Actor {
	const steps = 3 + random.below(2);
	const start = random.below(sceneFrames - steps);
	const free = sceneSide - digitSide;
	const [along, across] = [random.below(free - 3 * steps + 1), random.below(free + 1)];
	const appearances = Array.from({ length: steps + 1 }, (_, step) => {
		const onward = along + 3 * (direction === "left" || direction === "up" ? steps - step : step);
		const level = direction === "left" || direction === "right";
		return { frame: start + step, x: level ? onward : across, y: level ? across : onward };
	});
	return { digit, appearances, direction };
}

/** Appears so many times for one frame, with at least one frame between. */
function drawBlinker(random: Random, digit: number, times: number): Actor {
	const places = Array.from({ length: sceneFrames - times + 1 }, (_, i) => i);
	const free = sceneSide - digitSide + 1;
	const [x, y] = [random.below(free), random.below(free)];
	const appearances = random
		.sample(places, times)
		.sort((a, b) => a - b)
		.map((place, i) => ({ frame: place + i, x, y }));
	return { digit, appearances };
}

function clash(one: Actor, other: Actor): boolean {
	if (firstFrame(one) === firstFrame(other)) return true;
	return one.appearances.some((a) =>
		other.appearances.some(
			(b) => a.frame === b.frame && Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y)) < digitSide,
		),
	);
}
