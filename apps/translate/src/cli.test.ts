import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { useTerminal } from "@heed/command-line/testing";
import { describe, expect, it, vi } from "vitest";
import { cli } from "./cli.ts";

const terminal = useTerminal("translate", cli);
const { file, refused } = terminal;

const tiny = "--limit 120 --units 8 --batch-size 48 --backend cpu".split(" ");
const train = (...args: string[]): Promise<number> => cli(["train", ...tiny, ...args]);

describe("translate train and run", () => {
	it("trains on dates, reports, and translates with what it learned", async () => {
		const out = file("dates");
		expect(await train("--epochs", "2", "--out", out, "--samples", "1")).toBe(0);
		expect(readdirSync(out).sort()).toEqual([
			"checkpoint.safetensors",
			"metrics.jsonl",
			"model.safetensors",
			"report.html",
		]);
		expect(terminal.stdout).toMatch(/held-out exact match \d+\.\d\d % \(\d+ of 12\)/);
		expect(terminal.stdout).toContain("rows: translation, columns: source");
		expect(terminal.stdout).toMatch(/alignment error rate \d+\.\d % \(precision/);
		const metrics = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n");
		const epochs = metrics.map((line) => JSON.parse(line)).filter(({ event }) => event === "epoch");
		expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
		const report = readFileSync(join(out, "report.html"), "utf8");
		for (const part of ["Cross entropy per token", "Where it looks", "exact match", "bahdanau"]) {
			expect(report).toContain(part);
		}

		terminal.stdout = "";
		expect(await cli(["run", "--model", out, "--backend", "cpu", "--json", "4 mars 2021", ""])).toBe(0);
		const [line = "", empty = ""] = terminal.stdout.trim().split("\n");
		const { source, sourceTokens, targetTokens, alignment } = JSON.parse(line);
		expect(source).toBe("4 mars 2021");
		expect(sourceTokens).toEqual([..."4 mars 2021", "⏎"]);
		expect(alignment).toHaveLength(targetTokens.length);
		for (const row of alignment) expect(row.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 3);
		expect(JSON.parse(empty).source).toBe("");

		terminal.stdout = "";
		expect(await cli(["run", "--model", out, "--backend", "cpu", "--no-alignment", "4 mars 2021"])).toBe(0);
		expect(terminal.stdout).toBe(`${JSON.parse(line).target}\n`);

		const lines = Readable.from(["5 mars 2021\n\n4 mars 2021\n"]);
		vi.spyOn(process, "stdin", "get").mockReturnValue(lines as never);
		terminal.stdout = "";
		expect(await cli(["run", "--model", out, "--backend", "cpu", "--no-alignment"])).toBe(0);
		const [, nothing, last] = terminal.stdout.split("\n");
		expect([nothing, last]).toEqual(["", JSON.parse(line).target]);
	});

	it("trains on sentence pairs and prints BLEU", async () => {
		const pairs = Array.from(
			{ length: 200 },
			(_, i) => `I see ${i % 40} dogs ${i}.\tJag ser ${i % 40} hundar ${i}.`,
		);
		writeFileSync(file("pairs.tsv"), pairs.join("\n"));
		const options = ["--data", file("pairs.tsv"), "--epochs", "1", "--attention", "luong", "--cell", "lstm"];
		const run = ["--beam", "2", "--samples", "1", "--backend", "wasm", "--out", file("out")];
		expect(await train(...options, ...run)).toBe(0);
		expect(terminal.stdout).toMatch(
			/held-out BLEU \d+\.\d\d \(BP .*nrefs:1\|case:mixed\|eff:no\|tok:13a\|smooth:exp/,
		);
	});

	it.each<[string, string[]]>([
		["a model that copies", ["--copy", "--attention", "luong-concat", "--input-feeding"]],
		["a Transformer", ["--model", "transformer"]],
		["convolutions", ["--model", "convolutional"]],
		["draws", ["--attention", "hard"]],
	])("trains %s on sentence pairs, judges the alignment, translates", async (_, options) => {
		const pairs = Array.from({ length: 200 }, (_, i) => `I see dogs ${i}.\tJag ser hundar ${i}.`);
		writeFileSync(file("pairs.tsv"), pairs.join("\n"));
		writeFileSync(file("gold.text"), "I see dogs . ||| Jag ser hundar .\nI see ||| Jag ser\n");
		writeFileSync(file("gold.links"), "1-1 2-2 3-3 4p4\n1-1\n");
		const gold = ["--alignments", file("gold.links"), "--align-data", file("gold.text"), "--align-from", "1"];
		const out = file("out");
		const data = ["--data", file("pairs.tsv"), "--epochs", "1", "--beam", "2", "--samples", "1"];
		expect(await train(...data, ...gold, ...options, "--out", out)).toBe(0);
		expect(terminal.stdout).toMatch(
			/held-out BLEU .*\nheld-out chrF \d+\.\d\d .*\nalignment error rate \d+\.\d %/,
		);
		expect(readFileSync(join(out, "report.html"), "utf8")).toContain("alignment error rate");
		terminal.stdout = "";
		expect(await cli(["run", "--model", out, "--backend", "cpu", "--json", "I see Zoë."])).toBe(0);
		const { sourceTokens, targetTokens, alignment } = JSON.parse(terminal.stdout);
		expect(sourceTokens).toEqual(["I", "see", "Zoë", "￭.", "⏎"]);
		expect(alignment).toHaveLength(targetTokens.length);
	});

	it("makes pairs of the Brown corpus to learn from", async () => {
		expect(await cli(["make-pairs", file("more/simple.tsv")])).toBe(0);
		const lines = readFileSync(file("more/simple.tsv"), "utf8").trim().split("\n");
		expect(terminal.stdout).toContain(`${lines.length} pairs: ${file("more/simple.tsv")}\n`);
		expect(terminal.stdout).toContain(`pnpm translate train --data ${file("more/simple.tsv")} --copy`);
		const cut = lines.map((line) => line.split("\t")).filter(([source, target]) => source !== target);
		expect(cut.length * 2).toBe(lines.length);
		expect(cut.every(([source = "", target = ""]) => target.length < source.length)).toBe(true);
	});

	it.each(["bahdanau", "hard"])("gives the same weights to the last bit when it stops: %s", async (name) => {
		const weights = (out: string): Buffer => readFileSync(join(out, "model.safetensors"));
		const [whole, parts] = [file("whole"), file("parts")];
		const options = ["--samples", "0", "--attention", name];
		expect(await train(...options, "--epochs", "2", "--out", whole)).toBe(0);
		expect(await train(...options, "--epochs", "1", "--out", parts)).toBe(0);
		expect(weights(parts).equals(weights(whole))).toBe(false);
		expect(await train("--epochs", "2", "--samples", "0", "--out", parts, "--resume")).toBe(0);
		expect(weights(parts).equals(weights(whole))).toBe(true);
	});

	it("writes a checkpoint when it is interrupted, and goes on from there to the same end", async () => {
		const [whole, parts] = [file("whole"), file("parts")];
		expect(await train("--epochs", "1", "--samples", "0", "--out", whole)).toBe(0);
		const running = train("--epochs", "1", "--samples", "0", "--out", parts);
		while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		process.emit("SIGINT");
		expect(await running).toBe(130);
		expect(terminal.stderr).toContain(
			`Go on with: pnpm translate train --resume --out ${parts} --epochs 1 --samples 0 --backend cpu`,
		);
		expect(readdirSync(parts)).toContain("checkpoint.safetensors");
		expect(await train("--epochs", "1", "--samples", "0", "--out", parts, "--resume")).toBe(0);
		const model = "model.safetensors";
		expect(readFileSync(join(parts, model)).equals(readFileSync(join(whole, model)))).toBe(true);
	});
});

describe("bad input ends with one line and exit code 2", () => {
	it("in options", async () => {
		await refused(["train", "--epoch", "3"], "unknown option '--epoch' (Did you mean --epochs?)");
		await refused(["train", "--units", "many"], "'many' is invalid. Expected a whole number");
		await refused(
			["train", "--attention", "global"],
			"Allowed choices are bahdanau, bahdanau-normalized, luong, ",
		);
		await refused(["trian"], "unknown command 'trian'");
		await refused([], "say `train`, `compare`, `run` or `make-pairs`");
	});

	it("in options that do not go together", async () => {
		const folder = ["--out", file("out")];
		const model = ["train", ...folder, "--model", "transformer"];
		await refused([...model, "--attention", "luong"], "--attention does not go with --model transformer");
		await refused(
			[...model, "--encoder-cell", "qrnn"],
			"--encoder-cell does not go with --model transformer",
		);
		await refused(
			["train", ...folder, "--self-attention", "--units", "5"],
			"--self-attention has 4 heads, and the encoder 10 features",
		);
		await refused([...model, "--copy"], "--copy does not go with --model transformer, only with --model rnn");
		await refused([...model, "--embedding", "8"], "--embedding does not go with --model transformer");
		await refused([...model, "--units", "6"], "has 4 heads: --units is 6; give a multiple of 4");
		await refused(
			["train", ...folder, "--input-feeding"],
			"--input-feeding does not go with --attention bahdanau",
		);
		await refused(
			["train", ...folder, "--noise", "0"],
			"--noise does not go with --attention bahdanau, only with monotonic",
		);
		await refused([...model, "--reward", "token"], "--reward does not go with --model transformer");
		await refused(["train", ...folder, "--alignments", "x"], "go with --data; how dates align is known");
		await refused(
			["compare", ...folder, "--input-feeding"],
			"--input-feeding does not go with --attention bahd",
		);
		await refused(["compare", ...folder, "--attention", "hard", "--model", "transformer"], "only with rnn");
		expect(readdirSync(file("."))).toEqual([]);
	});

	it("in data, and leaves no folder behind", async () => {
		const out = file("out");
		writeFileSync(file("no-tab.tsv"), "a\tb\nno tab\n");
		writeFileSync(file("empty.tsv"), "");
		const data = (name: string): string[] => ["train", "--data", file(name), "--out", out];
		await refused(data("absent.tsv"), "absent.tsv: there is no such file.");
		await refused(data("no-tab.tsv"), "no-tab.tsv:2: there is no tab; expected source<TAB>target.");
		await refused(data("empty.tsv"), "empty.tsv: the file is empty");
		expect(readdirSync(file("."))).not.toContain("out");
	});

	it("in the folder, and changes nothing there", async () => {
		writeFileSync(file("file"), "precious");
		await refused(["make-pairs", file("file")], "is there already. Replace it with --overwrite");
		await refused(
			["make-pairs", file("file/a.tsv")],
			`file: this folder cannot be written to (a file is in the way)`,
		);
		await refused(["train", ...tiny, "--out", file("file")], "a file is in the way");
		writeFileSync(file("checkpoint.safetensors"), "precious");
		await refused(["train", ...tiny, "--out", file(".")], "already holds a training");
		await refused(
			["train", ...tiny, "--out", file("."), "--resume"],
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

	it("in a resume with another shape or other data", async () => {
		const out = file("out");
		expect(await train("--epochs", "1", "--samples", "0", "--out", out)).toBe(0);
		const checkpoint = readFileSync(join(out, "checkpoint.safetensors"));
		const resume = ["train", "--out", out, "--resume", "--backend", "cpu"];
		await refused([...resume, "--units", "9"], "another shape: --units is 8 there, 9 came");
		writeFileSync(file("pairs.tsv"), "a\tb\n");
		await refused([...resume, "--data", file("pairs.tsv")], "holds a checkpoint of dates: leave out --data");
		expect(readFileSync(join(out, "checkpoint.safetensors")).equals(checkpoint)).toBe(true);
	});
});
