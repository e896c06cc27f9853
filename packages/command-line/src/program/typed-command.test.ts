import { expect, it } from "vitest";
import { typedCommand } from "./typed-command.ts";

it("is what a user can type at the root", () => {
	const command = typedCommand("spell train", {
		resume: true,
		overwrite: false,
		out: "out/x",
		data: "my words's.txt",
		maxLength: 7,
		kinds: ["a", "b"],
		seed: 0,
		dev: undefined,
		backend: "cpu",
	});
	expect(command).toBe(
		"pnpm spell train --resume --out out/x --data 'my words'\\''s.txt' --max-length 7 --kinds a,b --seed 0 --backend cpu",
	);
	expect(typedCommand("spell run", { model: "out/x", backend: "wasm" })).toBe("pnpm spell run --model out/x");
});
