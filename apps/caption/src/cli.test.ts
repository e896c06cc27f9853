import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTerminal } from "@heed/command-line/testing";
import { describe, expect, it } from "vitest";
import { cli } from "./cli.ts";

const terminal = useTerminal("caption", cli);
const { file, refused } = terminal;

const tiny =
	"--size 8 --channels 4 --halvings 1 --units 6 --embedding 4 --batch-size 16 --backend cpu --attention-units 3".split(
		" ",
	);
/** A small model; its captions are short, since what is not learned goes on. */
const train = (...args: string[]): Promise<number> =>
	cli(["train", ...tiny, "--limit", "30", "--held-out", "3", "--max-length", "4", ...args]);
const trainingFiles = ["checkpoint.safetensors", "metrics.jsonl", "model.safetensors", "report.html"];
const draw = (count: number): Promise<number> =>
	cli(["draw", file("pictures"), "--count", `${count}`, "--size", "12"]);

describe("caption", () => {
	it("learns from scenes, reports, and describes new ones and files", async () => {
		const out = file("scenes");
		expect(await train("--epochs", "2", "--samples", "3", "--out", out)).toBe(0);
		expect(readdirSync(out).sort()).toEqual(trainingFiles);
		expect(terminal.stderr).toContain("30 pictures to learn from, 2 to decide when to stop, 6 held out;");
		expect(terminal.stdout).toContain("new scenes, another true caption: 100.0 % of captions true");
		expect(terminal.stdout).toMatch(/held out: \d+\.\d % of captions true, BLEU-4 \d+\.\d, after/);
		const metrics = readFileSync(join(out, "metrics.jsonl"), "utf8")
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		const losses = metrics.filter(({ event }) => event === "epoch").map(({ loss }) => loss);
		expect(losses[1]).toBeLessThan(losses[0]);
		const report = readFileSync(join(out, "report.html"), "utf8");
		for (const part of [
			"soft attention",
			"BLEU-4",
			"new combinations",
			"grammatical",
			"Where it looks",
			"data:image/png",
		]) {
			expect(report).toContain(part);
		}

		terminal.stdout = "";
		const run = ["run", "--model", out, "--backend", "cpu"];
		expect(await cli([...run, "--json", "--count", "1", "--html", file("looks.html")])).toBe(0);
		const { picture, caption, words, attention } = JSON.parse(terminal.stdout);
		expect(picture).toBe("scene 1");
		expect(caption).toBe(words.join(" "));
		expect(attention).toHaveLength(words.length);
		for (const map of attention)
			expect(map.flat().reduce((sum: number, one: number) => sum + one, 0)).toBeCloseTo(1, 3);
		expect(readFileSync(file("looks.html"), "utf8")).toContain("Captions of the data: ");

		expect(await draw(2)).toBe(0);
		terminal.stdout = "";
		expect(await cli([...run, "--no-attention", file("pictures/scene-2.png")])).toBe(0);
		expect(terminal.stdout).toMatch(/^scene-2\.png: [a-z ]*\n$/);
	});

	it("learns from a folder of pictures", async () => {
		expect(await draw(60)).toBe(0);
		const out = file("pictures-out");
		const args = [
			"--data",
			file("pictures"),
			"--attention",
			"none",
			"--epochs",
			"1",
			"--beam",
			"1",
			"--limit",
			"0",
		];
		const size = "--held-out 3 --max-length 4".split(" ");
		expect(await cli(["train", ...tiny.slice(0, -2), ...size, ...args, "--out", out])).toBe(0);
		expect(terminal.stdout).toMatch(/held-out pictures, greedy: BLEU-4 \d/);
		const report = readFileSync(join(out, "report.html"), "utf8");
		expect(report).not.toContain("Where it looks");
		expect(report).toContain("no attention");
		await refused(["run", "--model", out], "this model describes pictures; give PNG or JPEG files.");
	});

	it("compares, goes on where it was stopped, and says what does not fit", async () => {
		const out = file("compared");
		const compare = (...args: string[]): Promise<number> =>
			cli(
				["compare", ...tiny, "--limit", "20", "--max-length", "3", "--held-out", "3", "--beam", "1"].concat([
					...["--samples", "1", "--epochs", "1", "--out", out],
					...args,
				]),
			);
		expect(await compare("--attentions", "none,sca-sc")).toBe(0);
		expect(terminal.stdout).toMatch(/SCA-CNN S-C +greedy +\d/);
		expect(readdirSync(out).sort()).toEqual(["comparison.json", "none", "report.html", "sca-sc"]);
		expect(readFileSync(join(out, "report.html"), "utf8")).toContain("held-out 1, none: ");
		const model = readFileSync(join(out, "none/model.safetensors"));
		expect(await compare("--attentions", "none")).toBe(0);
		expect(terminal.stderr).toContain("[1/1] none: finished before.");
		expect(readFileSync(join(out, "none/model.safetensors"))).toEqual(model);
		const other = ["compare", "--attentions", "none", "--out", out];
		await refused([...other, "--units", "5"], "holds a comparison with other settings: --size is 8 for none");
		await refused(["compare", "--attentions", "none,all"], '"all" is none of soft, hard, sca, sca-sc, none.');
		const kept = readFileSync(join(out, "comparison.json"));
		for (const [wrong, message] of [
			["--limit 0", "there is no end of scenes"],
			["--captions x.json", "--captions goes with --data"],
			[`--data ${file("absent")}`, "absent: there is no such folder"],
			[`--data ${file("absent")} --seen 1`, "--seen is for made-up scenes"],
		] as const) {
			await refused([...other, ...tiny, "--overwrite", ...wrong.split(" ")], message);
			await refused(["compare", "--out", file("new"), ...wrong.split(" ")], message);
		}
		expect(readFileSync(join(out, "comparison.json"))).toEqual(kept);
		expect(readdirSync(join(out, "none")).sort()).toEqual(trainingFiles);
		expect(readdirSync(file("."))).toEqual(["compared"]);
	});

	it("compares on the same pictures only", async () => {
		expect(await draw(60)).toBe(0);
		const out = file("compared");
		const course = "--max-length 3 --beam 1 --samples 1 --epochs 1 --attentions none".split(" ");
		const args = ["compare", ...tiny, ...course, "--data", file("pictures"), "--out", out];
		terminal.stdout = "";
		expect(await cli(args)).toBe(0);
		const { stdout } = terminal;
		expect(stdout).toContain("held-out pictures");
		expect(await cli(args)).toBe(0);
		expect(terminal.stderr).toContain("[1/1] none: finished before.");
		expect(terminal.stdout).toBe(stdout + stdout);
		expect(await cli(["draw", file("others"), "--count", "60", "--size", "12", "--seed", "2"])).toBe(0);
		const others = [...args, "--data", file("others")];
		await refused(
			others,
			"the data are not what the checkpoint was trained on; train anew with --overwrite.",
		);
		expect(readdirSync(join(out, "none")).sort()).toEqual(trainingFiles);
		const before = readFileSync(join(out, "none/model.safetensors"));
		expect(await cli([...others, "--overwrite"])).toBe(0);
		expect(readFileSync(join(out, "none/model.safetensors")).equals(before)).toBe(false);
	});

	it("gives the same weights to the last bit when it stops and goes on, with hard attention too", async () => {
		const weights = (out: string): Buffer => readFileSync(join(out, "model.safetensors"));
		const [whole, parts, cut] = [file("whole"), file("parts"), file("cut")];
		const learn = (epochs: string, ...more: string[]): Promise<number> =>
			train(
				"--attention",
				"hard",
				"--limit",
				"20",
				"--samples",
				"0",
				"--beam",
				"1",
				"--epochs",
				epochs,
				...more,
			);
		expect(await learn("2", "--out", whole)).toBe(0);
		expect(await learn("1", "--out", parts)).toBe(0);
		expect(await learn("2", "--out", parts, "--resume")).toBe(0);
		expect(readFileSync(join(parts, "checkpoint.safetensors"))).toEqual(
			readFileSync(join(whole, "checkpoint.safetensors")),
		);
		expect(weights(parts).equals(weights(whole))).toBe(true);

		const running = learn("9", "--out", cut);
		while (process.listenerCount("SIGINT") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		process.emit("SIGINT");
		expect(await running).toBe(130);
		expect(terminal.stderr).toContain(
			`Go on with: pnpm caption train --resume --out ${cut} --held-out 3 --samples 0 --beam 1 --epochs 9`,
		);
		const resume = ["train", "--out", cut, "--resume", "--backend", "cpu"];
		await refused([...resume, "--attention", "soft"], "another shape: --attention is hard there, soft came");
		await refused([...resume, "--order", "cs"], "--order does not go with --attention hard, only with sca");
		await refused([...resume, "--data", file(".")], "holds a checkpoint of made-up scenes: leave out --data");
	});

	it("says in one line what is wrong, and leaves no folder behind", async () => {
		const out = ["--out", file("out")];
		await refused(["train", "--attention", "spft"], "Allowed choices are soft, hard, sca, none");
		for (const [attention, option, fitting] of [
			["soft", "--order sc", "sca"],
			["sca", "--entropy 0", "hard"],
			["none", "--attention-units 3", "soft, hard, sca"],
			["none", "--doubly-stochastic 1", "soft, hard, sca"],
		] as const) {
			const [name] = option.split(" ");
			await refused(
				["train", "--attention", attention, ...option.split(" "), ...out],
				`${name} does not go with --attention ${attention}, only with ${fitting}. Leave it out.`,
			);
		}
		await refused(["train", "--captions", "x.json", ...out], "--captions goes with --data");
		await refused(["train", "--limit", "0", ...out], "there is no end of scenes");
		await refused(["train", "--data", file("x"), "--seen", "1", ...out], "--seen is for made-up scenes");
		await refused(["train", "--data", file("absent"), ...out], "absent: there is no such folder");
		expect(await draw(1)).toBe(0);
		await refused(["train", "--data", file("pictures"), ...out], "1 pictures with captions are too few");
		writeFileSync(file("pictures/scene-1.png"), "precious");
		await refused(["train", "--data", file("pictures"), ...out], "scene-1.png: this picture cannot be read");
		await refused(["run", "--model", file("absent"), "x.png"], "absent holds no model");
		await refused(["draw", file("pictures/scene-1.png")], "a file is in the way");
		expect(readFileSync(file("pictures/scene-1.png"), "utf8")).toBe("precious");
		expect(readdirSync(file("."))).toEqual(["pictures"]);
	});
});
