import { expect, it } from "vitest";
import { UserError } from "../program/errors.ts";
import { refuseUnread } from "./refuse-unread.ts";

it("names the first option that was given and is not read, and leaves the others alone", () => {
	const beside = (name: string): string => `--kind plain, which has no ${name}`;
	const unread = ["hops", "localizationUnits"] as const;
	expect(() => refuseUnread(unread, { hops: undefined }, beside)).not.toThrow();
	const refuse = (): void => refuseUnread(unread, { localizationUnits: 0 }, beside);
	expect(refuse).toThrow(UserError);
	expect(refuse).toThrow(
		"--localization-units does not go with --kind plain, which has no localizationUnits. Leave it out.",
	);
});
