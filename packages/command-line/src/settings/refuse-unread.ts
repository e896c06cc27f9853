import { UserError } from "../program/errors.ts";
import { kebab } from "../program/typed-command.ts";

/**
 * Refuses an option that nothing would read beside the others. What is merely a default is nobody's mistake.
 *
 * @param unread The settings that mean nothing for what was chosen.
 * @param given What the user said: names that are absent were not.
 * @param beside What such an option does not go with, and what with: `--pooling mean, only with --pooling structured`.
 * @throws UserError that names the first of them.
 */
export function refuseUnread<Name extends string>(
	unread: readonly Name[],
	given: { readonly [N in Name]?: unknown },
	beside: (name: Name) => string,
): void {
	const strange = unread.find((name) => given[name] !== undefined);
	if (strange === undefined) return;
	throw new UserError(`--${kebab(strange)} does not go with ${beside(strange)}. Leave it out.`);
}
