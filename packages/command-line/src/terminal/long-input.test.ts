import { PassThrough, Readable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { countAloud } from "./count-aloud.ts";
import { gather } from "./gather.ts";
import { lineGroupsOfStdin } from "./stdin.ts";

afterEach(() => void vi.restoreAllMocks());

async function all<Item>(groups: AsyncIterable<Item>): Promise<Item[]> {
	const found: Item[] = [];
	for await (const group of groups) found.push(group);
	return found;
}

const pause = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

describe("gather", () => {
	it("gives so many at once, and the rest", async () => {
		expect(await all(gather(Readable.from([1, 2, 3, 4, 5]), 2))).toEqual([[1, 2], [3, 4], [5]]);
		expect(await all(gather(Readable.from([1, 2]), 2))).toEqual([[1, 2]]);
		expect(await all(gather(Readable.from([]), 2))).toEqual([]);
	});

	it("does not let what is there wait for what is not", async () => {
		let release = (): void => {};
		async function* source(): AsyncGenerator<string> {
			yield "a";
			yield "b";
			await new Promise<void>((resolve) => {
				release = resolve;
			});
			yield "c";
		}
		const groups = gather(source(), 10, 1);
		expect((await groups.next()).value).toEqual(["a", "b"]);
		release();
		expect((await groups.next()).value).toEqual(["c"]);
		expect((await groups.next()).done).toBe(true);
	});

	it("gives what came before an error", async () => {
		async function* source(): AsyncGenerator<string> {
			yield "a";
			throw new Error("no more");
		}
		const groups = gather(source(), 10);
		expect((await groups.next()).value).toEqual(["a"]);
		await pause(5); // nobody awaits the error meanwhile
		await expect(groups.next()).rejects.toThrow("no more");
	});
});

describe("the lines of stdin", () => {
	const stdin = (input: Readable): void =>
		void vi.spyOn(process, "stdin", "get").mockReturnValue(input as never);

	it("come in groups, without their ends", async () => {
		const text = Array.from({ length: 600 }, (_, i) => `line ${i}\r\n`).join("");
		stdin(Readable.from([text]));
		const groups = await all(lineGroupsOfStdin("hint"));
		expect(groups.map(({ length }) => length)).toEqual([512, 88]);
		expect(groups.flat()[599]).toBe("line 599");
		stdin(Readable.from(["a\n\nb"]));
		expect(await all(lineGroupsOfStdin("hint"))).toEqual([["a", "", "b"]]);
	});

	it("are let go where nobody wants more, though some may come", async () => {
		const input = new PassThrough();
		stdin(input);
		input.write("a\n");
		for await (const lines of lineGroupsOfStdin("hint")) {
			expect(lines).toEqual(["a"]);
			break;
		}
		expect(input.isPaused()).toBe(true);
	});
});

it("countAloud says how far it is, of the time at work alone", async () => {
	let now = 0;
	let said = "";
	vi.spyOn(performance, "now").mockImplementation(() => now);
	vi.spyOn(console, "error").mockImplementation((line) => {
		said += `${line}\n`;
	});
	const aloud = countAloud("sentences");
	const work = (count: number, time: number): Promise<void> =>
		aloud.during(count, async () => {
			now += time;
		});
	await work(500, 1500);
	now += 60_000; // waiting
	expect(said).toBe("");
	await work(500, 500);
	await work(24, 48);
	aloud.end();
	expect(said).toBe("1000 sentences, 500 per second\n1024 sentences, 500 per second\n");
	const quick = countAloud("sentences");
	await quick.during(3, async () => {});
	quick.end();
	expect(said).not.toContain("3 sentences");
});
