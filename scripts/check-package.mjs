// Packs the package in the current folder and lints what users would get.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const out = mkdtempSync(join(tmpdir(), "heed-pack-"));
const run = (command, ...args) => execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
const bin = (name) => join(import.meta.dirname, "../node_modules/.bin", name);

try {
	run("pnpm", "pack", "--pack-destination", out, "--silent");
	const tarball = join(out, readdirSync(out)[0]);
	run(bin("publint"), "run", "--strict", tarball);
	run(bin("attw"), "--profile", "esm-only", "--format", "ascii", "--quiet", tarball);
} finally {
	rmSync(out, { recursive: true, force: true });
}
