import { randomOf } from "@heed/command-line";
import type { Picture } from "../pictures/picture.ts";
import { describeOften } from "./describe-scene.ts";
import { paintScene } from "./paint-scene.ts";
import { drawScene, type Scene } from "./scene.ts";

/** A picture of a scene that is known. */
export interface ScenePicture extends Picture {
	readonly scene: Scene;
	/** One more true caption, to see how the references judge it. */
	readonly another: string;
}

const captionsPerScene = 3;

/** Makes up scenes, paints them and describes each three times. Equal options give equal pictures. */
export function scenePictures(options: {
	readonly count: number;
	readonly size: number;
	readonly seed: number;
	/** Keeps sets of one seed apart: `train`, `held-out`. */
	readonly name: string;
	/** Have each scene show a combination that no scene for training has. */
	readonly withNew?: boolean;
}): ScenePicture[] {
	const { count, size, seed, name, withNew = false } = options;
	return Array.from({ length: count }, (_, i) => {
		const random = randomOf(seed, name, i);
		const scene = drawScene(random, { withNew });
		const said = describeOften(scene, captionsPerScene + 1, random);
		const [captions, another = ""] = [said.slice(0, -1), said.at(-1)];
		return { name: `${name} ${i + 1}`, pixels: paintScene(scene, size, random), captions, scene, another };
	});
}
