import { expect, it } from "vitest";
import { generateVideos } from "./generated-videos.ts";

it("judges by the same videos whatever is learned from", () => {
	const [one, other] = [
		generateVideos({ videos: 1, seed: 1, heldOut: 3 }),
		generateVideos({ videos: 2, seed: 2, heldOut: 3 }),
	];
	expect(one.test).toHaveLength(3);
	expect(one.test).toEqual(other.test);
	expect(one.train[0]?.video.frames).not.toEqual(other.train[0]?.video.frames);
	expect(one.test[0]?.video.frames).not.toEqual(one.train[0]?.video.frames);
});
