import { HeedError } from "@heed/core";
import type { Shape } from "@tensorflow/tfjs-layers";

/**
 * The size of the last axis of an input, which its layer makes weights for. The other axes may be `null`, of any size.
 *
 * @param choices The axes that the input may have, in one or several forms.
 * @param hint What to do about it, after the message.
 * @throws HeedError `SHAPE` for another rank, or where the size is not known.
 */
export function knownSize(
	where: string,
	name: string,
	shape: Shape | undefined,
	choices: readonly string[] | readonly (readonly string[])[],
	hint = "",
): number {
	const forms = (typeof choices[0] === "string" ? [choices] : choices) as readonly (readonly string[])[];
	const sizes = shape ?? [];
	const size = sizes.at(-1);
	if (forms.some(({ length }) => length === sizes.length) && typeof size === "number") return size;
	const came = `${name} [${sizes.map((axis) => axis ?? "?").join(", ")}]`;
	const wanted = forms.map((axes) => `rank ${axes.length}: [${axes.join(", ")}]`).join(" or ");
	const message = `${came} has rank ${sizes.length}; expected ${wanted} with known ${forms[0]?.at(-1)}.${hint}`;
	throw new HeedError("SHAPE", where, message);
}
