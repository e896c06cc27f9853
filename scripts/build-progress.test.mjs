import { expect, it } from "vitest";
import { buildProgress } from "./build-progress.mjs";

it("says each package that is built once, though it compiles and builds", () => {
	const progress = buildProgress();
	const lines = [
		"• Packages in scope: @heed/tag",
		"@heed/core:build: cache hit, suppressing logs 1b5d17c4a0f2e2a1",
		"@heed/backend-wasm:compile: cache miss, executing 1b5d17c4a0f2e2a1",
		"@heed/backend-wasm:compile: > @heed/backend-wasm@0.1.0 compile /work",
		"@heed/nlp:build: cache bypass, force executing 9c0d17c4a0f2e2a1",
		"@heed/backend-wasm:build: cache miss, executing 77aa17c4a0f2e2a1",
		"@heed/tag:build: src/cli.ts(1,1): error: cache miss",
	];
	expect(lines.map(progress).filter((name) => name !== undefined)).toEqual([
		"@heed/backend-wasm",
		"@heed/nlp",
	]);
	expect(buildProgress()(lines[5])).toBe("@heed/backend-wasm"); // a build of its own
});
