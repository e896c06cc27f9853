import { describe, expect, it } from "vitest";
import type { DeviceClock } from "./device-clock.ts";
import type { GpuContender, GpuJob } from "./gpu-contender.ts";
import { GpuLane } from "./gpu-lane.ts";

/** Every run takes 50 ms. */
const clock = {
	async time(work: () => unknown, repeats: number): Promise<number> {
		for (let i = 0; i < repeats; i++) await work();
		return 50;
	},
} as unknown as DeviceClock;

function laneOf(values: readonly number[] | undefined, more: Partial<GpuJob> = {}) {
	const told: string[] = [];
	const job: GpuJob = {
		run: () => told.push("run"),
		firstValues: async () => Float32Array.from(values ?? []),
		dispose: () => told.push("disposed"),
		...more,
	};
	const contender: GpuContender = { name: "one", open: async () => (values === undefined ? undefined : job) };
	return { lane: new GpuLane(contender, 1e-2), told };
}

const open = (lane: GpuLane, expected?: readonly number[]) =>
	lane.open("forward", [1, 1, 1, 1, 1, 2], [], expected && Float32Array.from(expected));

describe("a lane of the GPU bench", () => {
	it("runs for a fifth of a second in each round, and is put away", async () => {
		const { lane, told } = laneOf([1, 2]);
		expect(await open(lane)).toEqual(Float32Array.of(1, 2));
		for (let round = 0; round < 3; round++) await lane.time(clock);
		await lane.close();
		expect(lane.times).toEqual([50, 50, 50]);
		expect(told).toEqual([...Array(1 + 3 * 4).fill("run"), "disposed"]);
	});

	it("is not timed where it computes something else, or nothing, or fails", async () => {
		const other = laneOf([1, 2.1]);
		await open(other.lane, [1, 2]);
		const absent = laneOf(undefined);
		await open(absent.lane, [1, 2]);
		const nan = laneOf([1, Number.NaN]);
		await open(nan.lane, [1, 2]);
		const first = laneOf([1, Number.POSITIVE_INFINITY]);
		await open(first.lane);
		const broken = laneOf([1, 2], { firstValues: () => Promise.reject(new Error("no memory\nat all")) });
		await open(broken.lane, [1, 2]);
		const lost = laneOf([1, 2], { run: () => Promise.reject(new Error("lost")) });
		await open(lost.lane, [1, 2.001]);
		const lanes = [other, absent, nan, first, broken, lost].map(({ lane }) => lane);
		for (const lane of lanes) await lane.time(clock);
		expect(lanes.map(({ failed }) => failed)).toEqual([
			...["another result", undefined, "another result", "another result", "no memory", "lost"],
		]);
		expect(lanes.map(({ takesPart }) => takesPart)).toEqual([true, false, true, true, true, true]);
		expect(lanes.flatMap(({ times }) => times)).toEqual([]);
	});
});
