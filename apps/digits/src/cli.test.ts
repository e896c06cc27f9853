import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTerminal } from "@heed/command-line/testing";
import { readSafetensorsFile } from "@heed/io/node";
import { encode } from "fast-png";
import { beforeEach, describe, expect, it } from "vitest";
import { cli } from "./cli.ts";

const terminal = useTerminal("digits", cli);
const { file, refused } = terminal;
const side = 6;

/** A 0 is bright on the left, a 1 on the right. */
function pixelsOf(digit: number, shade: number): number[] {
	return Array.from({ length: side * side }, (_, i) =>
		Math.floor(i % side) < side / 2 === (digit === 0) ? shade : 0,
	);
}

function writeIdx(name: string, sizes: readonly number[], data: readonly number[]): void {
	const header = [0, 0, 8, sizes.length, ...sizes.flatMap((size) => [0, 0, size >> 8, size & 255])];
	writeFileSync(file(name), Uint8Array.from([...header, ...data]));
}

beforeEach(() => {
	for (const [set, count] of [
		["train", 80],
		["t10k", 20],
	] as const) {
		const digits = Array.from({ length: count }, (_, i) => i % 2);
		const pixels = digits.flatMap((digit, i) => pixelsOf(digit, 200 + (i % 50)));
		writeIdx(`${set}-images-idx3-ubyte`, [count, side, side], pixels);
		writeIdx(`${set}-labels-idx1-ubyte`, [count], digits);
	}
});

const small = "--batch-size 20 --learning-rate 0.02 --decay 1 --samples 2 --backend cpu".split(" ");
const network = "--crop 5 --localization-filters 2 --localization-units 3 --filters 4 --units 8".split(" ");
const glimpses = "--task glimpses --glimpses 2 --patch-size 3 --state-units 8".split(" ");
const plain = ["--distortion", "none", ...network];
const train = (...args: string[]): Promise<number> => cli(["train", "--data", file("."), ...small, ...args]);
const moved = ["--distortion", "translated", "--size", "8"];

describe("digits train, evaluate and run", () => {
	it("reads by a spatial transformer, and files of the user's", async () => {
		const out = file("out");
		expect(await train(...plain, "--epochs", "6", "--out", out)).toBe(0);
		const names = ["checkpoint.safetensors", "metrics.jsonl", "model.safetensors", "report.html"];
		expect(readdirSync(out).sort()).toEqual(names);
		expect(terminal.stderr).toContain(
			"76 digits to learn from, 4 to decide when to stop, 20 held out; pictures of 6 × 6",
		);
		const [, error = "100"] = /held-out error (\S+) % \(\d+ of 20 pictures\)/.exec(terminal.stdout) ?? [];
		expect(Number(error)).toBeLessThan(20);
		const report = readFileSync(join(out, "report.html"), "utf8");
		for (const part of [
			"Where it looks",
			"as it was seen",
			"(affine)",
			"Where it was wrong",
			"localizationFilters",
		]) {
			expect(report).toContain(part);
		}
		expect(report).not.toContain("reinforceWeight");

		terminal.stdout = "";
		const model = ["--model", out, "--backend", "cpu"];
		expect(await cli(["evaluate", "--data", file("."), ...model])).toBe(0);
		expect(terminal.stdout).toContain(`% right, error ${error} %`);

		const picture = file("one.png");
		writeFileSync(
			picture,
			encode({ width: side, height: side, channels: 1, data: Uint8Array.from(pixelsOf(1, 255)) }),
		);
		terminal.stdout = "";
		const html = file("new/looks.html");
		expect(await cli(["run", "--json", "--html", html, ...model, picture])).toBe(0);
		expect(JSON.parse(terminal.stdout)).toMatchObject({ file: picture, digit: 1, theta: { length: 6 } });
		expect(readFileSync(html, "utf8")).toContain("as it was seen");
		await refused(
			["evaluate", "--rollouts", "2", "--data", file("."), ...model],
			"--rollouts and --std go with glimpses",
		);
	});

	it("reads by glimpses, and ends the same when it stops and goes on", async () => {
		const [whole, parts] = [file("whole"), file("parts")];
		const learn = (epochs: string, ...more: string[]): Promise<number> =>
			train(...glimpses, ...moved, "--locator-rate", "0", "--epochs", epochs, ...more);
		const read = async (name: string): Promise<unknown> =>
			(await readSafetensorsFile(join(parts, "model.safetensors"))).tensors.get(name)?.data;
		expect(await learn("3", "--out", whole)).toBe(0);
		expect(await learn("1", "--out", parts)).toBe(0);
		const [locator, classifier] = [await read("locator/mean/kernel"), await read("classifier/kernel")];
		expect(locator).toHaveLength(2 * 8);
		expect(await learn("3", "--out", parts, "--resume")).toBe(0);
		expect(await read("locator/mean/kernel")).toEqual(locator);
		expect(await read("classifier/kernel")).not.toEqual(classifier);
		const weights = (out: string): Buffer => readFileSync(join(out, "model.safetensors"));
		expect(weights(parts).equals(weights(whole))).toBe(true);
		const report = readFileSync(join(whole, "report.html"), "utf8");
		for (const part of ["what was seen", "Reading by glimpses: digits anywhere", "patchSize"])
			expect(report).toContain(part);

		terminal.stdout = "";
		const model = ["--model", whole, "--data", file("."), "--backend", "cpu"];
		expect(await cli(["evaluate", "--rollouts", "2", "--std", "0.3", ...model])).toBe(0);
		expect(terminal.stdout).toMatch(/^by one look at the mean places: .*\nmean of 2 looks: \S+ % right/);
		expect(await cli(["run", "--samples", "2", ...model])).toBe(0);
		expect(terminal.stdout).toMatch(/\d \(\S+ %\).*; \(0.00, 0.00\) → \(/);
	});

	it("writes a checkpoint when it is interrupted", async () => {
		const running = train(...plain, "--epochs", "1", "--out", file("out"));
		while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		process.emit("SIGINT");
		expect(await running).toBe(130);
		expect(terminal.stderr).toContain(`Go on with: pnpm digits train --resume --out ${file("out")}`);
		await refused(["run", "--model", file("absent")], "absent holds no model");
	});
});

it("digits compare trains with and without, and judges again what is finished", async () => {
	const compare = ["compare", "--data", file("."), "--out", file("both"), ...moved, ...network, ...small];
	expect(await cli([...compare, "--epochs", "1"])).toBe(0);
	const table = /spatial transformer .*\nnone +\S+ +\d+ of 20 .*\naffine +\S+/;
	expect(terminal.stdout).toMatch(table);
	const { stdout } = terminal;
	terminal.stdout = "";
	expect(await cli([...compare, "--epochs", "1"])).toBe(0);
	expect(terminal.stdout).toBe(stdout);
	expect(readFileSync(join(file("both"), "comparison.html"), "utf8")).toContain(
		"With a spatial transformer and without",
	);
	expect(await cli([...compare, "--units", "5"])).toBe(2);
	expect(terminal.stderr).toContain("another shape: --units is 8 there, 5 came");
	await refused(["compare", "--transforms", "none,none"], "Expected some of affine");
	await refused(
		[...compare, "--seed", "7", "--data", file("absent"), "--overwrite"],
		"there is no such folder",
	);
	await refused(["compare", "--data", file("absent"), "--out", file("none")], "there is no such folder");
	expect(existsSync(file("none"))).toBe(false);

	const running = cli([...compare, "--epochs", "1", "--overwrite"]);
	while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
	process.emit("SIGINT");
	expect(await running).toBe(130);
	expect(terminal.stderr).toMatch(/Go on with: pnpm digits compare (?!.*--overwrite).*--epochs 1/);
	expect(readdirSync(file("both")).sort()).toEqual(["affine", "none"]);
	expect(readdirSync(join(file("both"), "affine"))).toEqual([]);
	expect(readdirSync(join(file("both"), "none")).sort()).toEqual(["checkpoint.safetensors", "metrics.jsonl"]);
	writeIdx("t10k-images-idx3-ubyte", [20, 9, 9], new Array<number>(20 * 81).fill(1));
	writeIdx("train-images-idx3-ubyte", [80, 9, 9], new Array<number>(80 * 81).fill(1));
	expect(await cli([...compare, "--epochs", "1"])).toBe(2); // these digits are larger than the pictures there
	expect(terminal.stderr).toContain("the data are not what the checkpoint was trained on");
});

describe("bad input ends with one line and exit code 2", () => {
	it("in options and data, and leaves no folder behind", async () => {
		const out = ["--out", file("out"), "--backend", "cpu"];
		await refused(["train", "--transform", "shear"], "Allowed choices are affine");
		await refused([], "say `train`, `compare`, `evaluate` or `run`");
		const glimpsing = ["train", "--task", "glimpses", ...out];
		await refused(
			[...glimpsing, "--transform", "tps"],
			"--transform does not go with --task glimpses, only with --task transformer. Leave it out.",
		);
		await refused(["train", "--patch-size", "3", ...out], "--patch-size does not go with --task transformer");
		const alone = ["train", "--transform", "none", ...out];
		await refused([...alone, "--crop", "5"], "--crop does not go with --transform none, which has no");
		await refused(
			[...alone, "--std", "1"],
			"--std does not go with --task transformer, only with --task gli",
		);
		await refused(["train", "--data", file("absent"), ...out], "absent: there is no such folder");
		await refused(
			["train", "--data", file("."), "--size", "3", ...out],
			"--size 3 is too small for digits of 6 × 6",
		);
		writeIdx("t10k-labels-idx1-ubyte", [20], new Array<number>(20).fill(11));
		await refused(["train", "--data", file("."), ...out], "there is a label 11; expected 0 to 9");
		expect(readdirSync(file("."))).not.toContain("out");
	});

	it("in what a checkpoint does not fit", async () => {
		expect(await train(...plain, "--epochs", "1", "--out", file("out"))).toBe(0);
		const resume = ["train", "--resume", "--out", file("out"), "--backend", "cpu", "--data", file(".")];
		const elsewhere = [...resume, "--data", file("absent")];
		await refused([...elsewhere, "--units", "9"], "another shape: --units is 8 there, 9 came");
		await refused([...elsewhere, "--std", "0.17"], "--std does not go with --task transformer");
		await refused(elsewhere, "absent: there is no such folder");
		await refused(
			[...resume, "--task", "glimpses"],
			"holds a checkpoint of transformer: give --task transformer",
		);
		writeIdx("train-labels-idx1-ubyte", [80], new Array<number>(80).fill(1));
		await refused(resume, "not what the checkpoint was trained on");
		await refused(["run", "--checkpoint", file("absent"), "--model", "x"], "give one");
		await refused(["run", "--checkpoint", file("absent")], "absent: there is no such file");
		writeFileSync(file("torch.safetensors"), "precious");
		await refused(
			["evaluate", "--checkpoint", file("torch.safetensors")],
			"no safetensors file, or it is damaged",
		);
		const model = join(file("out"), "model.safetensors");
		await refused(
			["evaluate", "--checkpoint", model, "--backend", "cpu"],
			"the state lacks `sensor.fc1.weight`",
		);
	});
});
