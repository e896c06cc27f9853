import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTerminal } from "@heed/command-line/testing";
import { encode } from "fast-png";
import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { cli } from "./cli.ts";
import { readFace } from "./fonts/font-faces.ts";
import { drawWord } from "./pictures/draw-word.ts";

const terminal = useTerminal("ocr", cli);
const { file, refused } = terminal;
const tiny =
	"--channels 2 --units 3 --embedding 2 --pictures 12 --batch-size 4 --held-out 6 --samples 1".split(" ");
const train = (...args: string[]): Promise<number> => cli(["train", ...tiny, ...args]);

/** A file with a word in it, black on white, larger than the network sees it. */
function drawFile(name: string, word: string): string {
	const { height, width, pixels } = drawWord(word, readFace("lato"));
	const data = new Uint8Array(16 * height * width);
	for (let i = 0; i < data.length; i++) {
		const [row, column] = [Math.floor(i / 4 / (2 * width)), Math.floor(i / 4) % (2 * width)];
		data[i] = i % 4 === 3 ? 255 : 255 * (pixels[(row >> 1) * width + (column >> 1)] ?? 0);
	}
	const image = { height: 2 * height, width: 2 * width, data };
	writeFileSync(file(name), name.endsWith(".jpg") ? jpeg.encode(image, 95).data : encode(image));
	return file(name);
}

describe("ocr train and run", () => {
	it("trains, reports, and reads pictures and words that it draws", async () => {
		const out = file("words");
		expect(await train("--epochs", "2", "--out", out)).toBe(0);
		expect(readdirSync(out).sort()).toEqual([
			"checkpoint.safetensors",
			"metrics.jsonl",
			"model.safetensors",
			"report.html",
		]);
		expect(terminal.stdout).toMatch(
			/new words, known fonts: letters -?\d+\.\d\d %, words 0\.00 % \(0 of 6\)/,
		);
		expect(terminal.stdout).toMatch(/new words, new fonts: letters -?\d+\.\d\d %/);
		const metrics = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n");
		expect(JSON.parse(metrics.at(-1) ?? "{}")).toMatchObject({ event: "epoch", epoch: 2, valWords: 0 });
		const report = readFileSync(join(out, "report.html"), "utf8");
		for (const part of [
			"Where it looks: new words, new fonts",
			"gudea-700",
			"courier-prime-400",
			"Mistakes",
		]) {
			expect(report).toContain(part);
		}

		terminal.stdout = "";
		const run = ["run", "--model", out];
		expect(await cli([...run, "--json", "--text", "hello you", drawFile("word.png", "reader")])).toBe(0);
		const lines = terminal.stdout.trim().split("\n");
		const readings = lines.map((line) => JSON.parse(line));
		expect(readings.map(({ picture }) => picture)).toEqual([
			file("word.png"),
			"hello (gudea-400)",
			"you (gudea-400)",
		]);
		for (const { tokens, attention } of readings) {
			expect(attention).toHaveLength(tokens.length);
			for (const row of attention) {
				expect(row).toHaveLength(16);
				expect(row.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 3);
			}
		}
		terminal.stdout = "";
		const html = file("new/looks.html");
		const drawn = ["--text", "hello", "--font", "neuton-700", "--html", html];
		expect(await cli([...run, "--no-attention", ...drawn])).toBe(0);
		expect(terminal.stdout).toMatch(/^hello \(neuton-700\): \S*\nPictures: .*looks\.html\n$/);
		expect(readFileSync(html, "utf8")).toContain("hello (neuton-700): ");

		const low = new Uint8Array(7 * 40).fill(255).fill(0, 120, 150);
		writeFileSync(file("low.png"), encode({ height: 7, width: 40, data: low, channels: 1 }));
		expect(await cli([...run, file("low.png")])).toBe(0);
		expect(terminal.stderr).toContain(
			"low.png: what stands out is 1 pixel high; letters need more to be read.",
		);
	});

	it("gives the same weights to the last bit when it stops and goes on", async () => {
		const weights = (out: string): Buffer => readFileSync(join(out, "model.safetensors"));
		const [whole, parts] = [file("whole"), file("parts")];
		expect(await train("--epochs", "2", "--out", whole)).toBe(0);
		const running = train("--epochs", "2", "--out", parts);
		while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 1));
		process.emit("SIGINT");
		expect(await running).toBe(130);
		const again = `pnpm ocr train --resume --out ${parts} --held-out 6 --samples 1 --epochs 2`;
		expect(terminal.stderr).toContain(`Go on with: ${again}`);
		expect(await train("--epochs", "2", "--out", parts, "--resume")).toBe(0);
		expect(weights(parts).equals(weights(whole))).toBe(true);
		await refused(
			["train", "--out", parts, "--resume", "--units", "9"],
			"another shape: --units is 3 there, 9 came",
		);
		await refused(["train", ...tiny, "--out", parts], "already holds a training");
	});
});

describe("ocr angle and read", () => {
	it("say what stands on its head, with the gates, and what is written", async () => {
		const upright = drawFile("up.jpg", "reader");
		expect(await cli(["angle", upright, "--html", file("gates.html")])).toBe(0);
		expect(readFileSync(file("gates.html"), "utf8")).toMatch(/up\.jpg: upright, .*gate 9/s);
		expect(terminal.stdout).toContain("up.jpg: upright, ");
		expect(terminal.stdout).toMatch(/gate 9 {2}mean 0\.\d\d {2}\|.{104}\|\n +\|.{96}\|/);
		terminal.stdout = "";
		expect(await cli(["angle", "--json", upright])).toBe(0);
		const { upright: share, turned, gates } = JSON.parse(terminal.stdout);
		expect(share + turned).toBeCloseTo(1, 4);
		expect(gates).toHaveLength(9);
		terminal.stdout = "";
		expect(await cli(["read", upright, "--html", file("line.html")])).toBe(0);
		expect(terminal.stdout).toBe(`${upright}: reader\nPictures: ${file("line.html")}\n`);
		expect(readFileSync(file("line.html"), "utf8")).toMatch(
			/up\.jpg: reader.*second block.*column and what/s,
		);
	});
});

describe("bad input ends with one line and exit code 2", () => {
	it("in options, words and files", async () => {
		await refused(["train", "--attention", "none"], "Allowed choices are bahdanau, locationAware, luong.");
		await refused([], "say `train`, `run`, `angle` or `read`");
		await refused(["run"], "give pictures of words, or --text");
		await refused(["run", "--text", "Hello"], "--text has 'Hello'; expected words of 2 to 6 letters");
		await refused(
			["run", "--text", "hello", "--font", "arial"],
			"there is no font 'arial'; expected one of lato",
		);
		await refused(["run", "--text", "hello", "--model", file("absent")], "absent holds no model");
		await refused(["angle", file("absent.png")], "absent.png: there is no such file.");
		writeFileSync(file("no.png"), "no picture");
		await refused(
			["run", file("no.png")],
			"no.png: this picture cannot be read (it is neither a PNG nor a JPEG)",
		);
		const empty = encode({ height: 3, width: 5, data: new Uint8Array(15).fill(7), channels: 1 });
		writeFileSync(file("empty.png"), empty);
		writeFileSync(
			file("dot.png"),
			encode({ height: 1, width: 1, data: Uint8Array.of(0, 90, 0), channels: 3 }),
		);
		for (const command of ["run", "angle", "read"]) {
			await refused(
				[command, file("empty.png")],
				"empty.png: there is nothing to see; all pixels are the same.",
			);
			await refused([command, file("dot.png")], "dot.png: there is nothing to see");
		}
	});
});
