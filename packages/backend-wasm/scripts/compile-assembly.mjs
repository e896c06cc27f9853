// Compiles assembly/ to WebAssembly, once with plain SIMD and once with relaxed SIMD, and writes both into one module of the
// package: src/generated/kernels.ts. Does nothing when that file is newer than everything it is made of.
import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(import.meta.dirname, "..");
const sources = join(root, "assembly");
const target = join(root, "src/generated/kernels.ts");

/** Compiles if something changed. @returns whether it did. */
export async function compileAssembly() {
	const inputs = readdirSync(sources, { recursive: true }).filter((name) => name.endsWith(".ts"));
	const newest = Math.max(
		...[...inputs.map((name) => join(sources, name)), fileURLToPath(import.meta.url)].map(modified),
	);
	if (modified(target) > newest) return false;
	const plain = await compile("simd");
	const relaxed = await compile("simd", "relaxed-simd");
	const base64 = (bytes) => Buffer.from(bytes).toString("base64");
	const text = [
		"// Made from assembly/ by scripts/compile-assembly.mjs; not kept in the repository.",
		`export const plain = "${base64(plain)}";`,
		`export const relaxed = "${base64(relaxed)}";`,
		"",
	].join("\n");
	mkdirSync(join(target, ".."), { recursive: true });
	const draft = `${target}.${process.pid}`;
	writeFileSync(draft, text);
	renameSync(draft, target); // another process may be reading it
	console.info(
		`${relative(process.cwd(), target)}: ${plain.length} bytes, ${relaxed.length} with relaxed SIMD.`,
	);
	return true;
}

async function compile(...features) {
	const { default: asc } = await import("assemblyscript/asc");
	const files = {};
	const { error, stderr } = await asc.main(
		[
			...["index.ts", "--baseDir", sources, "--outFile", "kernels.wasm", "--textFile", "kernels.wat"],
			// 112: no host can call functions of vectors, which are not exported but from file to file.
			...["--disableWarning", "112", "-O3", "--noAssert", "--importMemory", "--runtime", "stub"],
			...features.flatMap((feature) => ["--enable", feature]),
		],
		{
			writeFile: (name, content) => {
				files[name] = content;
			},
		},
	);
	const complaint = stderr.toString(); // warnings too
	if (error || complaint) throw new Error(`assembly/ does not compile.\n${complaint}${error ?? ""}`);
	checkForeignMemory(files["kernels.wat"]);
	return files["kernels.wasm"];
}

/** The module works in a memory that belongs to the host: it must bring no data, no table and no stack of its own. */
function checkForeignMemory(text) {
	const imports = text.match(/^ \(import .*/gm) ?? [];
	const brings = text.match(/^ \((data|table|elem|start) /gm) ?? [];
	if (imports.length !== 1 || !imports[0].includes('"env" "memory"')) {
		throw new Error(`The kernels must import the memory and nothing else, but have: ${imports.join(" ")}`);
	}
	if (brings.length > 0) throw new Error(`The kernels must bring nothing, but have: ${brings.join(" ")}`);
}

function modified(path) {
	return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await compileAssembly();
