import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTerminal } from "@heed/command-line/testing";
import { encode } from "fast-png";
import { beforeEach, describe, expect, it } from "vitest";
import { cli } from "./cli.ts";

const terminal = useTerminal("video-qa", cli);
const { file, refused } = terminal;
const tiny =
	"--features 6 --units 8 --attention-units 4 --embedding 4 --size 8 --dropout 0 --backend cpu".split(" ");
const data = (): string => file("videos");

/** Videos of a bright bar that goes left or right, in colours, with one question each. */
beforeEach(() => {
	const questions = Array.from({ length: 40 }, (_, i) => {
		const folder = join(data(), `v${i}`);
		mkdirSync(folder, { recursive: true });
		const frames = 3 + (i % 2);
		for (let t = 0; t < frames; t++) {
			const at = 1 + (i % 4 < 2 ? t : 3 - t) * 2 + (i % 3 === 0 ? 1 : 0);
			const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_, p) =>
				Math.floor(p / 3) % 8 === at ? 255 : 0,
			);
			writeFileSync(join(folder, `${t + 8}.png`), encode({ width: 8, height: 8, data: pixels, channels: 3 }));
		}
		return {
			video: `v${i}`,
			question: i % 5 ? "Where does it go?" : "Which way?",
			answer: i % 4 < 2 ? "right" : "left",
		};
	});
	writeFileSync(join(data(), "questions.json"), JSON.stringify(questions));
});
const train = (...args: string[]): Promise<number> => cli(["train", "--data", data(), ...tiny, ...args]);

describe("video-qa train, run and compare", () => {
	it("learn videos of a folder, report, answer and judge", async () => {
		const out = file("out");
		expect(
			await train(
				"--epochs",
				"8",
				"--learning-rate",
				"0.01",
				"--batch-size",
				"6",
				"--samples",
				"1",
				"--out",
				out,
			),
		).toBe(0);
		expect(readdirSync(out).sort()).toEqual([
			"checkpoint.safetensors",
			"metrics.jsonl",
			"model.safetensors",
			"report.html",
		]);
		const [, score = "0"] =
			/held-out accuracy (\d+\.\d\d) % \(\d+ of \d+ questions; all/.exec(terminal.stdout) ?? [];
		expect(Number(score)).toBe(100); // left or right
		const report = readFileSync(join(out, "report.html"), "utf8");
		for (const part of [
			"spatial and temporal attention",
			"Where it looked: video v",
			"bars: weight of each frame",
		]) {
			expect(report).toContain(part);
		}

		terminal.stdout = "";
		const run = ["run", "--model", out, "--backend", "cpu"];
		const page = file("page.html");
		expect(await cli([...run, "--frames", join(data(), "v1"), "--json", "--html", page, "which WAY"])).toBe(
			0,
		);
		const { answer, frames, places, probability } = JSON.parse(terminal.stdout);
		expect(answer).toBe("right");
		expect(probability).toBeGreaterThan(0.5);
		expect(frames).toHaveLength(4);
		expect(frames.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 3);
		expect(places.flat(2)).toHaveLength(4 * 2 * 2);
		expect(readFileSync(page, "utf8")).toContain("which WAY → right");
		await refused(
			[...run, "--frames", join(data(), "v1"), "where does the cat go"],
			'not learned "the", "cat". It knows:',
		);
		await refused([...run, "--frames", join(data(), "v1"), "?!"], "has no word; ask a question.");
		await refused([...run, "--frames", join(data(), "v1")], "what is the question?");
		await refused([...run, "--frames", file("none"), "which way"], "there is no such folder of frames.");
		await refused([...run, "which way"], "of videos of a folder: give --frames.");

		terminal.stdout = "";
		expect(await cli(["compare", out, "--data", data(), "--backend", "cpu", "--out", file("judged")])).toBe(
			0,
		);
		expect(readFileSync(file("judged/report.html"), "utf8")).toContain("Where it looked: video v");
		expect(terminal.stdout).toMatch(/spatial and temporal attention: accuracy 100\.00 %/);
		expect(terminal.stdout).toMatch(/the question alone: accuracy \d+\.\d\d % \(\d of 2/);
		await refused(
			["compare", out, "--backend", "cpu"],
			"was trained on videos of a folder: give its --data.",
		);
		await refused(
			["compare", out, "--data", data(), "--units", "9"],
			"--units says what to train; folders that are named are judged as they are.",
		);
		await refused(
			["compare", out, "--data", data(), "--backend", "cpu", "--out", page],
			"a file is in the way",
		);
	});

	it("train what is compared, keep it, and go on where it was stopped", async () => {
		const out = file("compared");
		const compare = (kinds: string, ...more: string[]): Promise<number> => {
			const course = ["--epochs", "1", "--samples", "1", "--batch-size", "9", "--attentions", kinds];
			return cli(["compare", "--data", data(), ...tiny, ...course, "--out", out, ...more]);
		};
		const weights = (kind: string): Buffer => readFileSync(join(out, kind, "model.safetensors"));
		const running = compare("none,both");
		while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		process.emit("SIGINT");
		expect(await running).toBe(130);
		expect(terminal.stderr).toMatch(
			/Go on with: pnpm video-qa compare (?!.*--resume).*--attentions none,both/,
		);
		await refused(
			["compare", "--data", data(), "--attentions", "none", "--out", out],
			"holds a comparison with other settings: --features is 6 for none, 36 came. Give the same, start anew",
		);
		expect(await compare("none,both")).toBe(0);
		const table =
			/ +weights +all \(\d+\) +all \(\d+\) +minutes\nno attention \(LRCN\) +\d+ .*\nspatial and temporal attention +\d+ +\S+ +\S+ +\d+\.\d\nthe question alone/;
		expect(terminal.stdout).toMatch(table);
		expect(readdirSync(out).sort()).toEqual(["both", "comparison.json", "none", "report.html"]);
		expect(readFileSync(join(out, "report.html"), "utf8")).toContain(
			"no attention (LRCN): Where it looked: video v",
		);
		const [{ stdout }, before] = [terminal, weights("none")];
		Object.assign(terminal, { stdout: "", stderr: "" });
		expect(await compare("none,both", "--samples", "0")).toBe(0);
		expect(terminal.stdout).toBe(stdout);
		expect(terminal.stderr).toBe("[1/2] none: finished before.\n[2/2] both: finished before.\n");
		expect(await compare("none", "--epochs", "2")).toBe(0);
		expect(weights("none").equals(before)).toBe(false);
		await refused(["compare", "--attentions", "none,all"], '"all" is none of both, spatial, temporal, none.');
		await refused(
			["compare", "--out", out, "--attentions", "none"],
			"holds a comparison of videos of a folder: give its --data again, start anew with --overwrite",
		);
		writeFileSync(join(data(), "v1", "8.png"), readFileSync(join(data(), "v0", "8.png")));
		await refused(
			["compare", "--data", data(), ...tiny, "--attentions", "both", "--batch-size", "9", "--out", out],
			"not what the checkpoint was trained on",
		);
	});

	it("make videos of digits where no folder is given, and ask about one", async () => {
		const out = file("out");
		const args = ["train", ...tiny, "--videos", "4", "--held-out", "3", "--epochs", "1"];
		expect(await cli([...args, "--attention", "none", "--out", out])).toBe(0);
		expect(terminal.stderr).toMatch(/4 videos to learn from, 4 to decide when to stop, 3 held out, with \d+/);
		expect(terminal.stdout).toMatch(/the question alone: accuracy \d+\.\d\d % \(\d+ of \d+ questions; count/);
		terminal.stdout = "";
		expect(await cli(["run", "--model", out, "--video", "499", "--backend", "cpu"])).toBe(0);
		expect(terminal.stdout.trim().split("\n").length).toBeGreaterThan(3);
		expect(terminal.stdout).toMatch(/^(which|what|where|how)[a-z0-9 ]+ → \S/);
		await refused(["run", "--model", out, "--video", "500"], "no held-out video 500; they are 0 to 499.");
		terminal.stdout = "";
		const compare = ["compare", ...args.slice(1), "--attentions", "none", "--samples", "1"];
		for (const _ of ["trains", "keeps"]) expect(await cli([...compare, "--out", file("all")])).toBe(0);
		expect(terminal.stdout).toMatch(
			/ weights {2}count \(\d+\) {2}direction \(\d+\) {2}order \(\d+\) {2}all \(\d+\) {2}minutes\n/,
		);
		expect(readFileSync(file("all/report.html"), "utf8")).toContain("Where it looked: video 0");
	});

	it("give the same weights to the last bit when interrupted, stopped and resumed", async () => {
		const [whole, parts] = [file("whole"), file("parts")];
		const learn = (epochs: string, out: string, ...more: string[]): Promise<number> =>
			train("--epochs", epochs, "--samples", "0", "--out", out, ...more);
		expect(await learn("2", whole)).toBe(0);
		const running = learn("2", parts);
		while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		process.emit("SIGINT");
		expect(await running).toBe(130);
		expect(terminal.stderr).toContain(
			`Go on with: pnpm video-qa train --resume --out ${parts} --data ${data()} --epochs 2`,
		);
		expect(await learn("1", parts, "--resume")).toBe(0);
		expect(await learn("2", parts, "--resume")).toBe(0);
		const weights = (out: string): Buffer => readFileSync(join(out, "model.safetensors"));
		expect(weights(parts).equals(weights(whole))).toBe(true);
		await refused(
			["train", "--resume", "--out", parts, "--data", data(), "--units", "9"],
			"--units is 8 there, 9 came",
		);
		await refused(["train", "--resume", "--out", parts], "videos of a folder: give its --data again");
		const first = readFileSync(join(data(), "v1", "8.png"));
		for (let i = 0; i < 40; i++) writeFileSync(join(data(), `v${i}`, "8.png"), first); // the same questions
		await refused(
			["train", "--resume", "--out", parts, "--data", data(), "--backend", "cpu"],
			"not what the checkpoint was trained on",
		);
	});
});

describe("bad input ends with one line and exit code 2", () => {
	it("in options and in data, and leaves no folder behind", async () => {
		const out = file("out");
		const questions = join(data(), "questions.json");
		const withData = ["train", "--data", data(), "--out", out];
		await refused(["train", "--attention", "self"], "Allowed choices are both, spatial, temporal, none.");
		await refused(["train", "--data", file("none"), "--out", out], "questions.json: there is no such file");
		writeFileSync(questions, "[{]");
		await refused(withData, "questions.json: this is not JSON");
		writeFileSync(questions, "{}");
		await refused(withData, 'expected a list of { "video", "question", "answer" }');
		const entry = { video: "v1", question: "which way", answer: "right" };
		writeFileSync(questions, JSON.stringify([entry, { ...entry, answer: 3 }]));
		await refused(withData, "entry 2 has no `answer` that is a text.");
		writeFileSync(questions, JSON.stringify([entry]));
		await refused(withData, "none is left");
		writeFileSync(questions, JSON.stringify([{ ...entry, video: "absent" }]));
		await refused(withData, "absent: there is no such folder of frames.");
		writeFileSync(join(data(), "v1", "1.png"), "no picture");
		writeFileSync(questions, JSON.stringify([entry]));
		await refused(withData, "1.png: this picture cannot be read");
		await refused(["compare", file("none")], "none holds no model. Train one with: pnpm video-qa train");
		expect(readdirSync(file("."))).not.toContain("out");
	});
});
