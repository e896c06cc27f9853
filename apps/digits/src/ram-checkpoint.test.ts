import { join } from "node:path";
import { useTerminal } from "@heed/command-line/testing";
import { sharedPath } from "@heed/testing";
import { describe, expect, it } from "vitest";
import { cli } from "./cli.ts";

const checkpoint = sharedPath("data", "ram-mnist");
const digits = sharedPath("data", "mnist");
const terminal = useTerminal("digits", cli);

describe.skipIf(checkpoint === undefined || digits === undefined)("a network trained by others", () => {
	const opened = [
		...["--checkpoint", join(checkpoint ?? "", "ram_6_8x8_2.safetensors")],
		...["--data", digits ?? ""],
	];

	it("reads every fiftieth test digit as it does there", async () => {
		expect(await cli(["evaluate", ...opened, "--limit", "200", "--rollouts", "4"])).toBe(0);
		expect(terminal.stdout).toContain(
			"by one look at the mean places: 96.00 % right, error 4.00 % (8 of 200",
		);
		const [, mean] = /mean of 4 looks: (\S+) % right/.exec(terminal.stdout) ?? [];
		expect(Number(mean)).toBeGreaterThanOrEqual(97); // 98.5 of all with ten looks
	});

	it("shows where it looked", async () => {
		const report = terminal.file("looks.html");
		expect(await cli(["run", ...opened, "--samples", "2", "--json", "--html", report])).toBe(0);
		const [first = "{}"] = terminal.stdout.split("\n");
		const { digit, truth, locations } = JSON.parse(first);
		expect(digit).toBe(truth);
		expect(locations).toHaveLength(6);
		expect(locations[0]).toEqual([0, 0]);
	});
});
