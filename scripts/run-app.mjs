// Builds an app and what it needs, then runs it: node scripts/run-app.mjs <app> [arguments…]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "..");
const [app, ...args] = process.argv.slice(2);

const build = spawnSync(
	join(root, "node_modules/.bin/turbo"),
	["run", "build", `--filter=@heed/${app}`, "--output-logs=errors-only", "--log-prefix=none"],
	{ cwd: root, encoding: "utf8", env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" } },
);
if (build.status !== 0) {
	process.stderr.write(`${build.stdout ?? ""}${build.stderr ?? ""}${build.error ?? ""}\n`);
	process.exit(1);
}

// In this process, so that Ctrl-C and the exit code are the app's own.
const main = join(root, "apps", app, "dist/main.js");
process.argv = [process.argv[0], main, ...args];
await import(pathToFileURL(main).href);
