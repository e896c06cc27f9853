// Builds an app and what it needs, then runs it: node scripts/run-app.mjs <app> [arguments…]
// An app may have more programs: bench/gpu/main.js is dist/gpu/main.js of bench.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { buildProgress } from "./build-progress.mjs";

const root = join(import.meta.dirname, "..");
const [name, ...args] = process.argv.slice(2);
const [app, program = "main.js"] = name.split(/\/(.*)/s, 2);

// A first build takes more than a minute, so what is being built is said, on stderr: stdout is the app's.
const turbo = ["run", "build", `--filter=@heed/${app}`, "--ui=stream", "--log-order=stream"];
const build = spawn(
	join(root, "node_modules/.bin/turbo"),
	[...turbo, "--output-logs=new-only", "--log-prefix=task"],
	{
		cwd: root,
		env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
		stdio: ["ignore", "pipe", "pipe"],
	},
);
const output = [];
const progress = buildProgress();
build.stderr.setEncoding("utf8").on("data", (text) => output.push(text));
createInterface({ input: build.stdout }).on("line", (line) => {
	output.push(`${line}\n`);
	const started = progress(line);
	if (started !== undefined) process.stderr.write(`Building ${started}\n`);
});
const status = await new Promise((resolve) => {
	build.on("error", (error) => {
		output.push(`${error}\n`);
		resolve(1);
	});
	build.on("close", resolve);
});
if (status !== 0) {
	process.stderr.write(output.join(""));
	process.exit(1);
}

// In this process, so that Ctrl-C and the exit code are the app's own.
const main = join(root, "apps", app, "dist", program);
process.argv = [process.argv[0], main, ...args];
await import(pathToFileURL(main).href);
