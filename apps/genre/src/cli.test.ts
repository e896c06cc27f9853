import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTerminal } from "@heed/command-line/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { cli } from "./cli.ts";

const terminal = useTerminal("genre", cli);
const { file, refused } = terminal;

beforeEach(() => {
	// One sentence of four says what the document is about.
	const [animals, money] = [
		["cat", "dog", "cow", "hen"],
		["bank", "loan", "bond", "fund"],
	] as const;
	const lines = Array.from({ length: 120 }, (_, i) => {
		const said = (i % 2 === 0 ? animals : money)[(i >> 1) % 4];
		const sentences = Array.from({ length: 4 }, (_, j) => `It was day ${i * 4 + j} of many.`);
		sentences[(i * 7) % 4] = `Then came the ${said}.`;
		return `${i % 2 === 0 ? "animals" : "money"}\t${sentences.join(" ")}`;
	});
	writeFileSync(file("texts.tsv"), lines.join("\n"));
});

const tiny = "--units 4 --embedding 6 --dropout 0 --learning-rate 0.03 --batch-size 16 --backend cpu".split(
	" ",
);
const train = (...args: string[]): Promise<number> =>
	cli(["train", "--data", file("texts.tsv"), ...tiny, ...args]);

describe("genre train and run", () => {
	it("learns from documents, reports, and classifies with what it learned", async () => {
		const out = file("out");
		expect(await train("--epochs", "6", "--samples", "1", "--out", out)).toBe(0);
		expect(readdirSync(out).sort()).toEqual([
			"checkpoint.safetensors",
			"metrics.jsonl",
			"model.safetensors",
			"report.html",
		]);
		const [, accuracy = "0"] =
			/this model: held-out documents: accuracy (\d+\.\d\d) %/.exec(terminal.stdout) ?? [];
		expect(Number(accuracy)).toBeGreaterThan(90);
		for (const part of ["naive Bayes, α ", "always ", "taken for: "]) {
			expect(terminal.stdout).toContain(part);
		}
		const metrics = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n");
		const last = JSON.parse(metrics.at(-1) ?? "{}");
		expect(last).toMatchObject({ event: "epoch", epoch: 6 });
		expect(last.valAccuracy).toBeGreaterThan(0.9);
		const report = readFileSync(join(out, "report.html"), "utf8");
		for (const part of ["Where it looks", "Held-out documents by label", "hierarchical context attention"]) {
			expect(report).toContain(part);
		}

		const text = "It was day 3 of many. Then came the cow. It was day 9 of many.";
		terminal.stdout = "";
		expect(await cli(["run", "--model", out, "--backend", "cpu", "--json", text])).toBe(0);
		const { labels, sentences } = JSON.parse(terminal.stdout);
		expect(labels[0].label).toBe("animals");
		expect(labels[0].probability + labels[1].probability).toBeCloseTo(1, 4);
		expect(sentences.map(({ words }: { words: string[] }) => words[0])).toEqual(["It", "Then", "It"]);
		expect(sentences[1].weight).toBeGreaterThan(0.8);
		expect(sentences[1].wordWeights).toHaveLength(5);

		terminal.stdout = "";
		expect(await cli(["run", "--model", out, "--backend", "cpu", text])).toBe(0);
		expect(terminal.stdout).toMatch(/^animals +\d+\.\d % #+\nmoney {3}/);
		expect(terminal.stdout).toMatch(/^ *\d+ % {2}Then came the cow \./m);
		terminal.stdout = "";
		expect(await cli(["run", "--model", out, "--backend", "cpu", "--no-attention", text])).toBe(0);
		expect(terminal.stdout.trim().split("\n")).toHaveLength(2);
	});

	it("trains without sentences, with other pooling, and on the Brown corpus where no file is given", async () => {
		const options = ["--epochs", "1", "--limit", "40", "--samples", "1"];
		expect(
			await train(...options, "--flat", "--pooling", "structured", "--hops", "2", "--out", file("a")),
		).toBe(0);
		expect(terminal.stdout).toContain("taken for: ");
		terminal.stdout = "";
		const brown = [
			"--units",
			"2",
			"--max-words",
			"8",
			"--pooling",
			"mean",
			"--limit",
			"25",
			"--backend",
			"wasm",
		];
		expect(await cli(["train", ...tiny, ...options, ...brown, "--out", file("b")])).toBe(0);
		expect(terminal.stderr).toMatch(
			/\d+ pieces to learn from, \d+ to decide when to stop, \d+ held out; \d+ labels;/,
		);
		expect(terminal.stdout).not.toContain("taken for: "); // there is nothing to show
		expect(terminal.stdout).toMatch(/naive Bayes, α [\d.]+: held-out documents: accuracy/);
	});

	it("gives the same weights to the last bit when it stops and goes on", async () => {
		const weights = (out: string): Buffer => readFileSync(join(out, "model.safetensors"));
		const [whole, parts] = [file("whole"), file("parts")];
		const learn = (epochs: string, ...more: string[]): Promise<number> =>
			train("--epochs", epochs, "--samples", "0", ...more);
		expect(await learn("6", "--out", whole)).toBe(0);
		expect(await learn("3", "--out", parts)).toBe(0);
		expect(weights(parts).equals(weights(whole))).toBe(false); // the best of six epochs is not among the first three
		expect(await learn("6", "--out", parts, "--resume")).toBe(0);
		expect(weights(parts).equals(weights(whole))).toBe(true);
	});

	it("writes a checkpoint when it is interrupted, and goes on from there to the same end", async () => {
		const [whole, parts] = [file("whole"), file("parts")];
		expect(await train("--epochs", "1", "--samples", "0", "--dropout", "0.5", "--out", whole)).toBe(0);
		const running = train("--epochs", "1", "--samples", "0", "--dropout", "0.5", "--out", parts);
		while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		process.emit("SIGINT");
		expect(await running).toBe(130);
		const again = `pnpm genre train --resume --out ${parts} --data ${file("texts.tsv")} --epochs 1 --samples 0 --backend cpu`;
		expect(terminal.stderr).toContain(`Go on with: ${again}`);
		const resume = ["train", "--data", file("texts.tsv"), "--backend", "cpu", "--out", parts, "--resume"];
		expect(await cli([...resume, "--epochs", "1", "--samples", "0"])).toBe(0);
		const model = "model.safetensors";
		expect(readFileSync(join(parts, model)).equals(readFileSync(join(whole, model)))).toBe(true);
	});
});

describe("bad input ends with one line and exit code 2", () => {
	it("in options", async () => {
		await refused(["train", "--epoch", "3"], "unknown option '--epoch' (Did you mean --epochs?)");
		await refused(["train", "--units", "many"], "'many' is invalid. Expected a whole number");
		await refused(["train", "--pooling", "max"], "Allowed choices are context, structured, mean.");
		await refused(["trian"], "unknown command 'trian'");
		await refused([], "say `train` or `run`");
	});

	it("in data, and leaves no folder behind", async () => {
		writeFileSync(file("no-tab.tsv"), "a\tb\nno tab\n");
		writeFileSync(file("empty.tsv"), "");
		writeFileSync(file("short.tsv"), "a\tb\n");
		const data = (name: string): string[] => ["train", "--data", file(name), "--out", file("out")];
		await refused(data("absent.tsv"), "absent.tsv: there is no such file.");
		await refused(data("no-tab.tsv"), "no-tab.tsv:2: there is no tab; expected label<TAB>text");
		await refused(data("empty.tsv"), "empty.tsv: the file is empty");
		await refused(data("short.tsv"), "too few documents");
		expect(readdirSync(file("."))).not.toContain("out");
	});

	it("in the folder, and changes nothing there", async () => {
		const data = ["--data", file("texts.tsv")];
		writeFileSync(file("file"), "precious");
		await refused(["train", ...data, ...tiny, "--out", file("file")], "a file is in the way");
		writeFileSync(file("checkpoint.safetensors"), "precious");
		await refused(["train", ...data, ...tiny, "--out", file(".")], "already holds a training");
		await refused(
			["train", ...data, "--out", file("."), "--resume"],
			"checkpoint.safetensors cannot be resumed",
		);
		await refused(["run", "--model", file("."), "a"], "holds a training that has not ended");
		await refused(["run", "--model", file("absent"), "a"], "absent holds no model");
		writeFileSync(file("model.safetensors"), "precious");
		await refused(["run", "--model", file("."), "a"], "model.safetensors is damaged");
		for (const name of ["file", "checkpoint.safetensors", "model.safetensors"]) {
			expect(readFileSync(file(name), "utf8")).toBe("precious");
		}
	});

	it("in a resume with another shape or other data, and in a text without a word", async () => {
		const out = file("out");
		expect(await train("--epochs", "1", "--samples", "0", "--out", out)).toBe(0);
		const resume = ["train", "--out", out, "--resume", "--backend", "cpu"];
		const data = ["--data", file("texts.tsv")];
		await refused([...resume, ...data, "--units", "9"], "another shape: --units is 4 there, 9 came");
		await refused([...resume, ...data, "--flat"], "another shape: --flat is false there, true came");
		writeFileSync(file("other.tsv"), readFileSync(file("texts.tsv"), "utf8").replaceAll("cow", "yak"));
		await refused([...resume, "--data", file("other.tsv")], "not what the checkpoint was trained on");
		await refused(resume, "holds a checkpoint of documents of a file: give its --data again");
		await refused(["run", "--model", out, "--backend", "cpu", " \n "], "the text has no word");
	});
});
