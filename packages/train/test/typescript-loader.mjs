// Lets a child process of a test run the sources: node --import this file --conditions @heed/source program.ts
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import ts from "typescript";

const compilerOptions = {
	target: ts.ScriptTarget.ES2022,
	module: ts.ModuleKind.ESNext,
	verbatimModuleSyntax: true,
};

// Hooks run on a thread of their own, which loads this file a second time.
if (isMainThread) register(import.meta.url);

export async function load(url, context, next) {
	if (!url.endsWith(".ts")) return next(url, context);
	const source = await readFile(fileURLToPath(url), "utf8");
	return {
		format: "module",
		shortCircuit: true,
		source: ts.transpileModule(source, { compilerOptions }).outputText,
	};
}
