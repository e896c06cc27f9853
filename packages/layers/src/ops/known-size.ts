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
	const form = forms.find(({ length }) => length === sizes.length);
	if (form !== undefined && typeof size === "number") return size;
	const came = `${name} [${sizes.map((axis) => axis ?? "?").join(", ")}]`;
	const last = (form ?? forms[0])?.at(-1);
	const wrong =
		form === undefined
			? `${came} has rank ${sizes.length}`
			: `the ${last} of ${came} ${last?.endsWith("s") ? "are" : "is"} unknown`;
	const wanted = forms.map((axes) => `rank ${axes.length}: [${axes.join(", ")}]`).join(" or ");
	throw new HeedError("SHAPE", where, `${wrong}; expected ${wanted} with known ${last}.${hint}`);
}
