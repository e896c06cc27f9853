import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../index.ts";

const values = 50_000;
const fileOf = (value: number) =>
	writeSafetensors([["x", { dtype: "F32", shape: [values], data: new Float32Array(values).fill(value) }]]);

it("leaves the old file or the new one when its process is killed, 20 times", async () => {
	const folder = await mkdtemp(join(tmpdir(), "heed-kill-"));
	try {
		const source = await readFile(join(import.meta.dirname, "write-file-atomically.ts"), "utf8");
		const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
		await writeFile(
			join(folder, "write.mjs"),
			ts.transpileModule(source, { compilerOptions: options }).outputText,
		);
		await writeFile(join(folder, "a"), fileOf(1));
		await writeFile(join(folder, "b"), fileOf(2));
		await writeFile(
			join(folder, "child.mjs"),
			`import { readFileSync } from "node:fs";
			import { writeFileAtomically } from "./write.mjs";
			const [a, b] = ["a", "b"].map((name) => readFileSync(name));
			console.log("ready");
			for (;;) for (const bytes of [a, b]) await writeFileAtomically("target", bytes);`,
		);
		await writeFile(join(folder, "target"), fileOf(1));
		for (let round = 0; round < 20; round++) {
			const child = spawn(process.execPath, ["child.mjs"], {
				cwd: folder,
				stdio: ["ignore", "pipe", "inherit"],
			});
			await once(child.stdout, "data");
			await new Promise((resolve) => setTimeout(resolve, round * 1.7));
			child.kill("SIGKILL");
			await once(child, "close");
			const x = readSafetensors(await readFile(join(folder, "target"))).tensors.get("x");
			expect([1, 2]).toContain(x?.data[0]);
			expect(new Set(x?.data as Float32Array).size).toBe(1);
		}
	} finally {
		await rm(folder, { recursive: true });
	}
});
