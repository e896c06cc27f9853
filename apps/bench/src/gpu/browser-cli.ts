import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import {
	baseProgram,
	ExpectedError,
	InterruptedError,
	numberParser,
	runProgram,
	say,
	UserError,
} from "@heed/command-line";
// @boundaries-ignore a script of the repository, as those that build it
import { bundlePage, openInChromium, PageError } from "../../../../scripts/headless-chromium.mjs";
import { listenForInterrupt } from "../interrupt.ts";
import { exitCodes, version } from "./gpu-cli.ts";
import { type GpuReport, printGpuReport } from "./gpu-report.ts";

/** The options of `gpu:browser`. */
interface BrowserOptions {
	readonly card?: boolean;
	readonly small?: boolean;
	readonly json?: boolean;
	readonly seconds: number;
}

/** What the page is asked for. */
export interface PageSettings {
	readonly card: boolean;
	readonly small: boolean;
	/** Where ONNX Runtime is served; nothing where it is not installed. */
	readonly ort?: string;
}

/** What the page tells in the end: its report, or why there is none. */
export type PageOutcome = { readonly report: GpuReport } | { readonly refused: string };

/** What tests replace. */
export interface BrowserParts {
	/** Makes the page's program. */
	readonly bundle?: () => Promise<string>;
}

/** The page did not come to its end: exit code 1. */
class BrowserError extends ExpectedError {
	override readonly name = "BrowserError";
	readonly exitCode = 1;
}

/**
 * Runs `gpu:browser`: measures in headless Chromium, where onnxruntime-web takes part. Progress goes to stderr, results to stdout.
 *
 * @param args What stands behind its name.
 * @returns The exit code.
 */
export function browserCli(args: readonly string[], parts: BrowserParts = {}): Promise<number> {
	const program = baseProgram(
		"gpu:browser",
		"Measures attention in headless Chromium: @heed/backend-webgpu against TensorFlow.js and onnxruntime-web. The environment variable CHROMIUM names the browser.",
		version(),
		exitCodes,
	)
		.option("--card", "on the graphics card, not on Chromium's software adapter")
		.option("--small", "small sizes; taken by themselves on an adapter that is a program")
		.option("--json", "print one object instead of a table")
		.option("--seconds <n>", "give up after so long", numberParser({ min: 1, max: 86_400 }), 600)
		.allowExcessArguments(false)
		.action((options: BrowserOptions) => browserCommand(options, parts));
	return runProgram(program, args);
}

async function browserCommand(
	options: BrowserOptions,
	{ bundle = bundleBench }: BrowserParts,
): Promise<void> {
	const interrupt = listenForInterrupt(() => {});
	try {
		const outcome = await openInChromium<PageOutcome>({
			code: await bundle(),
			answer: answerFor(options),
			hear(path, news) {
				if (path === "/line") say(String(news));
				return path === "/done" ? (news as PageOutcome) : undefined;
			},
			seconds: options.seconds,
			card: options.card ?? false,
			extraFlags: ["--enable-webgpu-developer-features"], // else times come in steps of 100 µs
			signal: interrupt.signal,
		});
		if ("refused" in outcome) throw new UserError(outcome.refused);
		await printGpuReport(outcome.report, options);
	} catch (error) {
		if (!(error instanceof PageError)) throw error;
		const Expected = { "no browser": UserError, interrupted: InterruptedError, failed: BrowserError }[
			error.reason
		];
		throw new Expected(error.message);
	} finally {
		interrupt.end();
	}
}

const bundleBench = (): Promise<string> => bundlePage(join(import.meta.dirname, "../../src/gpu/in-page.ts"));

/** Serves the settings, and the files of ONNX Runtime from where they are installed: they are 27 MB, and the page loads them. */
function answerFor({ card = false, small = false }: BrowserOptions) {
	const ort = ortFolder();
	if (ort === undefined) say("onnxruntime-web does not take part: it is not installed.");
	const settings: PageSettings = {
		card,
		small,
		...(ort !== undefined && { ort: "/ort/ort.webgpu.min.mjs" }),
	};
	const types: Record<string, string> = { ".mjs": "text/javascript", ".wasm": "application/wasm" };
	return ({ pathname }: URL): { type: string; body: string | Buffer } | undefined => {
		if (pathname === "/settings") return { type: "application/json", body: JSON.stringify(settings) };
		const [, extension = ""] = /^\/ort\/ort[\w.-]*(\.mjs|\.wasm)$/.exec(pathname) ?? [];
		const [type, path] = [types[extension], ort && join(ort, basename(pathname))];
		if (type === undefined || path === undefined || !existsSync(path)) return undefined;
		return { type, body: readFileSync(path) };
	};
}

function ortFolder(): string | undefined {
	try {
		return dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
	} catch {
		return undefined;
	}
}
