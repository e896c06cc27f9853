import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTerminal } from "@heed/command-line/testing";
import { describe, expect, it } from "vitest";
import { cli } from "./cli.ts";
import type { Comparison } from "./comparison.ts";

const terminal = useTerminal("translate", cli);
const { file } = terminal;

const tiny = "--limit 60 --units 8 --embedding 6 --batch-size 48 --backend cpu --epochs 1".split(" ");
const compare = (...args: string[]): Promise<number> =>
	cli(["compare", ...tiny, "--out", file("all"), ...args]);
const inside = (...path: string[]): string => join(file("all"), ...path);
const stored = (): Comparison => JSON.parse(readFileSync(inside("comparison.json"), "utf8"));

describe("translate compare", () => {
	it("trains each, keeps what is finished, and adds to it", async () => {
		expect(await compare("--attention", "hard,luong-dot")).toBe(0);
		expect(readdirSync(inside()).sort()).toEqual(["comparison.html", "comparison.json", "hard", "luong-dot"]);
		expect(terminal.stdout).toMatch(
			/exact match % +AER % +processor minutes +weights +epochs\nhard +\d+\.\d\d +\d+\.\d +\d+\.\d .*\nluong-dot /,
		);
		const before = stored();
		expect(before.entries.map(({ name, finished }) => [name, finished])).toEqual([
			["hard", true],
			["luong-dot", true],
		]);
		const written = statSync(inside("hard", "model.safetensors")).mtimeMs;

		terminal.stdout = "";
		expect(await compare("--model", "convolutional,rnn", "--attention", "hard")).toBe(0);
		expect(terminal.stderr).toContain("[2/2] hard: finished before.");
		expect(terminal.stdout).toMatch(/hard .*\nluong-dot .*\nconvolutional /);
		expect(stored().entries.slice(0, 2)).toEqual(before.entries);
		expect(statSync(inside("hard", "model.safetensors")).mtimeMs).toBe(written);
		const page = readFileSync(inside("comparison.html"), "utf8");
		for (const name of ["hard", "luong-dot", "convolutional"]) expect(page).toContain(`${name}: `);
		expect(page.match(/<figure class="map">/g)).toHaveLength(3);
	});

	it("says the same as a training alone", async () => {
		expect(await compare("--attention", "location")).toBe(0);
		const alone = file("alone");
		expect(await cli(["train", ...tiny, "--attention", "location", "--out", alone])).toBe(0);
		const model = "model.safetensors";
		expect(readFileSync(inside("location", model)).equals(readFileSync(join(alone, model)))).toBe(true);
	});

	it("adds what differs from the default by its own name, to a comparison of before there was a choice", async () => {
		expect(await compare("--attention", "luong")).toBe(0);
		const old = stored();
		for (const entry of old.entries) {
			delete (entry as { processorMinutes?: number }).processorMinutes;
			for (const name of ["encoderCell", "encoderLayers", "selfAttention", "noise", "reward"]) {
				delete (entry.settings.model as unknown as Record<string, unknown>)[name];
			}
		}
		writeFileSync(inside("comparison.json"), JSON.stringify(old));
		const feeding = ["--input-feeding", "--encoder-cell", "qrnn", "--self-attention"];
		expect(await compare("--attention", "luong", ...feeding)).toBe(0);
		expect(stored().entries.map(({ name }) => name)).toEqual([
			"luong",
			"luong+qrnn-encoder+self-attention+input-feeding",
		]);
		terminal.stdout = "";
		expect(await compare("--attention", "luong")).toBe(0);
		expect(terminal.stderr).toContain("[1/1] luong: finished before.");
		expect(terminal.stdout).toMatch(/^luong +\d+\.\d\d +\d+\.\d +– /m); // its minutes were not measured
		const run = ["run", "--backend", "cpu", "--no-alignment", "4 mars 2021", "--model"];
		expect(await cli([...run, inside("luong+qrnn-encoder+self-attention+input-feeding")])).toBe(0);
	});

	it("goes on where it was stopped", async () => {
		const running = compare("--attention", "local-p,luong", "--seed", "3");
		while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		process.emit("SIGINT");
		expect(await running).toBe(130);
		expect(terminal.stderr).toContain("interrupted. Go on with: pnpm translate compare --");
		expect(terminal.stderr).toContain("--backend cpu");
		expect(terminal.stderr).toContain(`--out ${inside()} --attention local-p,luong --seed 3`);
		expect(stored().entries.map(({ name, finished }) => [name, finished])).toEqual([["local-p", false]]);
		expect(readFileSync(inside("comparison.html"), "utf8")).not.toContain("local-p");
		expect(await compare("--attention", "local-p,luong", "--seed", "3")).toBe(0);
		expect(stored().entries.map(({ name, finished }) => [name, finished])).toEqual([
			["local-p", true],
			["luong", true],
		]);
	});

	it("refuses other settings, strange files and other trainings, in one line", async () => {
		const refused = (message: string, ...args: string[]): Promise<void> =>
			terminal.refused(["compare", ...tiny, "--out", file("all"), ...args], message);
		expect(await compare("--attention", "luong")).toBe(0);
		const written = readFileSync(inside("comparison.json"), "utf8");
		await refused("--epochs is 1 for luong, 2 came", "--attention", "luong", "--epochs", "2");
		await refused("--task is dates", "--attention", "luong", "--data", "absent.tsv");
		await refused(
			"absent.tsv: there is no such file",
			"--attention",
			"luong",
			"--data",
			"absent.tsv",
			"--overwrite",
		);
		expect(readFileSync(inside("comparison.json"), "utf8")).toBe(written);
		expect(readdirSync(inside("luong"))).toContain("checkpoint.safetensors");
		expect(await compare("--attention", "luong", "--seed", "2", "--overwrite")).toBe(0);
		expect(stored().entries.map(({ settings }) => settings.model.seed)).toEqual([2]);
		writeFileSync(inside("comparison.json"), "{}");
		await refused("is no comparison of this program", "--attention", "luong");
		rmSync(inside("comparison.json"));
		await refused("already holds a training", "--attention", "luong");
	});

	it("compares BLEU and chrF of sentence pairs", async () => {
		const pairs = Array.from({ length: 150 }, (_, i) => `I see dogs ${i}.\tJag ser hundar ${i}.`);
		const data = file("pairs.tsv");
		writeFileSync(data, pairs.join("\n"));
		expect(
			await compare("--data", data, "--limit", "120", "--attention", "coverage", "--copy", "--beam", "1"),
		).toBe(0);
		writeFileSync(data, pairs.slice(0, 90).join("\n"));
		expect(
			await compare("--data", data, "--limit", "120", "--attention", "luong", "--copy", "--beam", "1"),
		).toBe(2);
		expect(terminal.stderr).toMatch(
			/compares translators of other data: coverage\+copying has \d+ \+ \d+ \+ \d+ pairs/,
		);
		expect(terminal.stdout).toMatch(
			/BLEU +chrF +processor minutes +weights +epochs\ncoverage\+copying +\d+\.\d\d +\d+\.\d\d /,
		);
	});
});
