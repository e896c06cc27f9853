import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Resolve workspace packages to their TypeScript source, so that tests need no build. */
const conditions = ["@heed/source", "module", "import", "default"];

/** One project per workspace folder; `--project @heed/core` runs one of them. */
const folders = ["packages", "apps"].flatMap((group) =>
	readdirSync(join(import.meta.dirname, group)).map((name) => ({
		name: `@heed/${name}`,
		root: join(import.meta.dirname, group, name),
	})),
);

export default defineConfig({
	resolve: { conditions },
	ssr: { resolve: { conditions, externalConditions: conditions } },
	test: {
		reporters: ["default", join(import.meta.dirname, "tooling/summary-reporter.ts")],
		projects: folders
			.filter(({ root }) => existsSync(join(root, "package.json")))
			.map(({ name, root }) => ({
				extends: true as const,
				test: {
					name,
					root,
					include: ["src/**/*.test.ts", "examples/**/*.test.ts"],
					globalSetup: join(import.meta.dirname, "tooling/compile-assembly.ts"),
					testTimeout: 60_000,
				},
			})),
	},
});
