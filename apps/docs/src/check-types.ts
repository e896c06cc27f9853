import { join } from "node:path";
import ts from "typescript";

const root = join(import.meta.dirname, "../../..");

/**
 * Type-checks programs as a strict project of a reader would, with the packages read from their sources.
 *
 * @returns One line per error, by file.
 */
export function checkTypes(files: readonly string[]): Map<string, string[]> {
	const base = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile);
	const { options } = ts.convertCompilerOptionsFromJson(base.config.compilerOptions, root);
	const program = ts.createProgram(files, {
		...options,
		noEmit: true,
		types: ["node"],
		// Beyond `strict`, which is what most readers have.
		exactOptionalPropertyTypes: false,
		noUncheckedIndexedAccess: false,
	});
	return new Map(
		files.map((file) => {
			const source = program.getSourceFile(file);
			const problems = source === undefined ? [] : ts.getPreEmitDiagnostics(program, source);
			return [file, problems.map((problem) => describeProblem(problem))];
		}),
	);
}

function describeProblem({ file, start = 0, messageText }: ts.Diagnostic): string {
	const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
	return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
}
