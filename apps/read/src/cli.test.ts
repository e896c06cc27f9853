import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTerminal } from "@heed/command-line/testing";
import { describe, expect, it } from "vitest";
import { cli } from "./cli.ts";

const terminal = useTerminal("read", cli);
const { file, refused } = terminal;

const tiny = "--limit 80 --units 6 --embedding 5 --batch-size 48 --backend cpu".split(" ");
const train = (...args: string[]): Promise<number> => cli(["train", ...tiny, ...args]);

describe("read train and run", () => {
	it("trains on made-up stories, reports, and answers with what it learned", async () => {
		const out = file("stories");
		expect(await train("--epochs", "2", "--out", out, "--samples", "1")).toBe(0);
		expect(readdirSync(out).sort()).toEqual([
			"checkpoint.safetensors",
			"metrics.jsonl",
			"model.safetensors",
			"report.html",
		]);
		expect(terminal.stdout).toMatch(/^held-out stories: \d+\.\d % \(\d+ of \d+\)\n {2}[a-z ]+ \d/m);
		expect(terminal.stdout).toMatch(/^longer stories: \d+\.\d % \(\d+ of 6\)$/m);
		expect(terminal.stdout).toMatch(/^held-out stories, guessing the last one named: /m);
		expect(terminal.stdout).toContain("rows: story, columns: question");
		const metrics = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n");
		const epochs = metrics.map((line) => JSON.parse(line)).filter(({ event }) => event === "epoch");
		expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
		const report = readFileSync(join(out, "report.html"), "utf8");
		for (const part of ["−log P(answer)", "Where it looks", "thing before", "attention-over-attention"]) {
			expect(report).toContain(part);
		}

		terminal.stdout = "";
		const text = "Mary went to the attic. John took the yak. Mary is in the XXXXX.";
		expect(await cli(["run", "--model", out, "--backend", "cpu", "--json", text])).toBe(0);
		const { story, query, answer, documentTokens, queryTokens, attention } = JSON.parse(terminal.stdout);
		expect(story).toEqual(["Mary went to the attic.", "John took the yak."]);
		expect(query).toBe("Mary is in the XXXXX.");
		expect(documentTokens.join(" ")).toBe("mary went to the attic . john took the yak .");
		expect(queryTokens).toEqual([..."mary is in the xxxxx .".split(" "), "(all)"]);
		expect(attention).toHaveLength(7);
		for (const row of attention) expect(row.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 3);

		terminal.stdout = "";
		expect(await cli(["run", "--model", out, "--backend", "cpu", "--no-attention", text])).toBe(0);
		expect(terminal.stdout).toBe(`${answer}\n`);
	});

	it.each([
		["attentive", "wasm"],
		["impatient", "cpu"],
	])("trains on a file with another reader: %s, %s", async (model, backend) => {
		const lines = Array.from(
			{ length: 150 },
			(_, i) => `1 The cat has ${i} .\n2 The dog has ${i + 1} .\n3 The XXXXX has ${i} .\tcat\t\tcat|dog\n`,
		);
		writeFileSync(file("cloze.txt"), lines.join("\n"));
		const out = file("out");
		const options = ["--data", file("cloze.txt"), "--epochs", "1", "--samples", "1", "--out", out];
		expect(await train(...options, "--model", model, "--backend", backend)).toBe(0);
		expect(terminal.stdout).toMatch(/^held-out questions: \d+\.\d % \(\d+ of \d+\)$/m);
		expect(terminal.stdout).not.toContain("longer");
		terminal.stdout = "";
		expect(await cli(["run", "--model", out, "--backend", backend, "The cat has 3. The XXXXX has 3."])).toBe(
			0,
		);
		expect(terminal.stdout).toContain(model === "attentive" ? "(all)" : "xxxxx");
	});

	it("gives the same weights to the last bit when it stops and goes on", async () => {
		const weights = (out: string): Buffer => readFileSync(join(out, "model.safetensors"));
		const [whole, parts] = [file("whole"), file("parts")];
		expect(await train("--epochs", "2", "--samples", "0", "--out", whole)).toBe(0);
		expect(await train("--epochs", "1", "--samples", "0", "--out", parts)).toBe(0);
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
			`Go on with: pnpm read train --resume --out ${parts} --epochs 1 --samples 0 --backend cpu`,
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
			["train", "--model", "bert"],
			"Allowed choices are attention-over-attention, attentive, impatient.",
		);
		await refused(["trian"], "unknown command 'trian'");
		await refused([], "say `train` or `run`");
	});

	it("in data, and leaves no folder behind", async () => {
		const out = file("out");
		writeFileSync(file("half.txt"), "1 a story\n");
		writeFileSync(file("empty.txt"), "");
		const data = (name: string): string[] => ["train", "--data", file(name), "--out", out];
		await refused(data("absent.txt"), "absent.txt: there is no such file.");
		await refused(data("half.txt"), "half.txt: the last story has no question");
		await refused(data("empty.txt"), "empty.txt: the file is empty");
		expect(readdirSync(file("."))).not.toContain("out");
	});

	it("in the folder, and changes nothing there", async () => {
		writeFileSync(file("file"), "precious");
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

	it("in a text without a question", async () => {
		const out = file("out");
		expect(await train("--epochs", "1", "--samples", "0", "--out", out)).toBe(0);
		await refused(["run", "--model", out, "Mary went home."], "has XXXXX for the answer");
	});

	it("in a resume with another shape or other data", async () => {
		const out = file("out");
		expect(await train("--epochs", "1", "--samples", "0", "--out", out)).toBe(0);
		const checkpoint = readFileSync(join(out, "checkpoint.safetensors"));
		const resume = ["train", "--out", out, "--resume", "--backend", "cpu"];
		await refused([...resume, "--units", "9"], "another shape: --units is 6 there, 9 came");
		writeFileSync(file("cloze.txt"), "1 a\n2 XXXXX\ta\n");
		await refused(
			[...resume, "--data", file("cloze.txt")],
			"holds a checkpoint of stories: leave out --data",
		);
		expect(readFileSync(join(out, "checkpoint.safetensors")).equals(checkpoint)).toBe(true);
	});
});
