import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { useTerminal } from "@heed/command-line/testing";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { cli } from "./cli.ts";

const terminal = useTerminal("tag", cli);
const { file, refused } = terminal;

beforeEach(() => {
	const names = ["Ann", "Bob", "Cid", "Dee", "Eve"];
	const sentences = Array.from({ length: 150 }, (_, i) => {
		const name = `${names[i % 5]}\tB-PER\n${names[(i * 3) % 5]}son\tI-PER`;
		return `${name}\nsaw\tO\n${i}\tO\n${i % 2 ? "dogs\tO" : "Rome\tB-LOC"}\n.\tO\n`;
	});
	writeFileSync(file("names.conll"), sentences.join("\n"));
});
const tiny = "--units 4 --embedding 4 --affix-buckets 64 --backend cpu --heads 2".split(" ");
const train = (...args: string[]): Promise<number> =>
	cli(["train", "--data", file("names.conll"), ...tiny, ...args]);

describe("tag train and run", () => {
	it("trains on spans, reports, and tags with what it learned", async () => {
		const out = file("names");
		const args = ["--epochs", "8", "--learning-rate", "0.03", "--dropout", "0", "--samples", "1"];
		expect(await train(...args, "--out", out)).toBe(0);
		expect(readdirSync(out).sort()).toEqual([
			"checkpoint.safetensors",
			"metrics.jsonl",
			"model.safetensors",
			"report.html",
		]);
		const [, score = "0"] = /held-out span F1 (\d+\.\d\d) \(precision/.exec(terminal.stdout) ?? [];
		expect(Number(score)).toBeGreaterThan(90); // five names and one town
		expect(terminal.stdout).toMatch(/^each word's most frequent tag: span F1 \d+\.\d\d \(precision/m);
		expect(terminal.stdout).toContain("rows: word and tag, columns: looked at");
		const metrics = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n");
		const last = JSON.parse(metrics.at(-1) ?? "{}");
		expect(last).toMatchObject({ event: "epoch", epoch: 8 });
		expect(last.valF1).toBeGreaterThan(0.9);
		const report = readFileSync(join(out, "report.html"), "utf8");
		for (const part of [
			"most frequent tag",
			"Where it looks",
			"Spans by type",
			"PER",
			"span F1",
			"self-attention",
		]) {
			expect(report).toContain(part);
		}

		terminal.stdout = "";
		expect(
			await cli(["run", "--model", out, "--backend", "cpu", "--json", "Ann Bobson saw 3 dogs.", ""]),
		).toBe(0);
		const [line = "", empty = ""] = terminal.stdout.trim().split("\n");
		const { words, tags, spans, attention } = JSON.parse(line);
		expect(words).toEqual(["Ann", "Bobson", "saw", "3", "dogs", "."]);
		expect(tags).toEqual(["B-PER", "I-PER", "O", "O", "O", "O"]);
		expect(spans).toEqual([{ type: "PER", start: 0, end: 2, text: "Ann Bobson" }]);
		expect(attention).toHaveLength(6);
		for (const row of attention) expect(row.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 3);
		expect(JSON.parse(empty)).toMatchObject({ words: [], tags: [], spans: [] });

		terminal.stdout = "";
		const plain = ["run", "--model", out, "--backend", "cpu", "--no-attention", "--tokenized", "Ann Bobson."];
		expect(await cli(plain)).toBe(0);
		expect(terminal.stdout).toMatch(/^Ann\/\S+ Bobson\.\/\S+\n$/);

		const lines = Array.from({ length: 600 }, (_, i) =>
			i % 7 ? `Ann saw ${i} dogs${" .".repeat(i % 5)}` : "",
		);
		vi.spyOn(process, "stdin", "get").mockReturnValue(Readable.from([lines.join("\n")]) as never);
		let now = 0;
		vi.spyOn(performance, "now").mockImplementation(() => (now += 3000));
		Object.assign(terminal, { stdout: "", stderr: "" });
		const many = ["run", "--model", out, "--backend", "cpu", "--no-attention"];
		expect(await cli(many)).toBe(0);
		expect(terminal.stderr).toMatch(/^512 sentences, \S+ per second\n600 sentences, \S+ per second\n$/);
		const tagged = terminal.stdout.split("\n").slice(0, -1);
		expect(tagged.map((line) => line.replaceAll(/\/\S+/gu, ""))).toEqual(lines);
		terminal.stdout = "";
		for (const line of lines.slice(0, 4)) expect(await cli([...many, line])).toBe(0);
		expect(terminal.stdout.split("\n").slice(0, -1)).toEqual(tagged.slice(0, 4));
	});

	it("trains on the Brown corpus where no file is given", async () => {
		const args = [
			"--limit",
			"40",
			"--epochs",
			"1",
			"--samples",
			"0",
			"--no-self-attention",
			"--out",
			file("out"),
		];
		expect(await cli(["train", ...tiny.slice(0, -4), ...args])).toBe(0);
		expect(terminal.stderr).toMatch(
			/40 sentences to learn from, \d+ to decide when to stop, \d+ held out; \d+ tags;/,
		);
		expect(terminal.stdout).toMatch(/held-out accuracy \d+\.\d\d % \(\d+ of \d+ words\)/);
		expect(terminal.stdout).toMatch(
			/each word's most frequent tag: accuracy \d+\.\d\d % \(\d+ of \d+ words\)/,
		);
	});

	it("gives the same weights to the last bit when it stops and goes on", async () => {
		const weights = (out: string): Buffer => readFileSync(join(out, "model.safetensors"));
		const [whole, parts] = [file("whole"), file("parts")];
		const learn = (epochs: string, ...more: string[]): Promise<number> =>
			train("--epochs", epochs, "--learning-rate", "0.03", "--samples", "0", ...more);
		expect(await learn("4", "--out", whole)).toBe(0);
		expect(await learn("2", "--out", parts)).toBe(0);
		expect(weights(parts).equals(weights(whole))).toBe(false); // the best of four epochs is not among the first two
		expect(await learn("4", "--out", parts, "--resume")).toBe(0);
		expect(weights(parts).equals(weights(whole))).toBe(true);
	});

	it("writes a checkpoint when it is interrupted, and goes on from there to the same end", async () => {
		const [whole, parts] = [file("whole"), file("parts")];
		expect(await train("--epochs", "1", "--samples", "0", "--out", whole)).toBe(0);
		const running = train("--epochs", "1", "--samples", "0", "--out", parts);
		while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		process.emit("SIGINT");
		expect(await running).toBe(130);
		const again = `pnpm tag train --resume --out ${parts} --data ${file("names.conll")} --epochs 1 --samples 0 --backend cpu`;
		expect(terminal.stderr).toContain(`Go on with: ${again}`);
		expect(await train("--epochs", "1", "--samples", "0", "--out", parts, "--resume")).toBe(0);
		const model = "model.safetensors";
		expect(readFileSync(join(parts, model)).equals(readFileSync(join(whole, model)))).toBe(true);
	});
});

describe("bad input ends with one line and exit code 2", () => {
	it("in options", async () => {
		await refused(["train", "--epoch", "3"], "unknown option '--epoch' (Did you mean --epochs?)");
		await refused(["train", "--units", "many"], "'many' is invalid. Expected a whole number");
		await refused(["trian"], "unknown command 'trian'");
		await refused([], "say `train` or `run`");
		await refused(
			["train", "--dev", file("names.conll"), "--out", file("out")],
			"--dev and --test go with --data",
		);
	});

	it("in data and in a shape that cannot be, and leaves no folder behind", async () => {
		const out = file("out");
		writeFileSync(file("one-column.conll"), "a\tO\nalone\n");
		writeFileSync(file("empty.conll"), "");
		writeFileSync(file("short.conll"), "a\tO\n");
		const data = (name: string, ...more: string[]): string[] => [
			"train",
			"--data",
			file(name),
			"--out",
			out,
			...more,
		];
		await refused(data("absent.conll"), "absent.conll: there is no such file.");
		await refused(data("one-column.conll"), "one-column.conll:2: 1 column; expected a word and a tag");
		await refused(data("empty.conll"), "empty.conll: there is no tagged word");
		await refused(data("short.conll"), "too few sentences");
		await refused(
			data("names.conll", "--heads", "3", "--backend", "cpu"),
			"`selfAttention.heads` is 3; expected a divisor",
		);
		expect(readdirSync(file("."))).not.toContain("out");
	});

	it("in the folder, and changes nothing there", async () => {
		const data = ["--data", file("names.conll")];
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

	it("in a resume with another shape or other data", async () => {
		const out = file("out");
		expect(await train("--epochs", "1", "--samples", "0", "--out", out)).toBe(0);
		const resume = ["train", "--out", out, "--resume", "--backend", "cpu"];
		const data = ["--data", file("names.conll")];
		await refused([...resume, ...data, "--units", "9"], "another shape: --units is 4 there, 9 came");
		await refused([...resume, ...data, "--no-crf"], "another shape: --crf is true there, false came");
		writeFileSync(file("other.conll"), readFileSync(file("names.conll"), "utf8").replaceAll("Ann", "Zoe"));
		await refused([...resume, "--data", file("other.conll")], "not what the checkpoint was trained on");
		await refused(resume, "holds a checkpoint of tagged spans: give its --data again");
	});
});
