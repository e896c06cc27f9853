import { refuseUnread, UserError } from "@heed/command-line";
import { attentionNames, heads, mechanismOf } from "./mechanisms.ts";
import type { GivenSettings, ModelSettings } from "./settings.ts";

/** What only a recurrent model has. */
export const recurrentOptions = [
	"attention",
	"noise",
	"reward",
	"cell",
	"encoderCell",
	"encoderLayers",
	"selfAttention",
	"inputFeeding",
	"copy",
] as const;

/**
 * Sees that settings go together.
 *
 * @param given What the user said: what is merely a default is nobody's mistake.
 * @throws UserError
 */
export function checkTogether(
	settings: Pick<ModelSettings, "model" | "attention" | "selfAttention" | "inputFeeding" | "units">,
	given: GivenSettings,
): void {
	const { model, attention, selfAttention, inputFeeding, units } = settings;
	if (model !== "rnn") {
		refuseUnread(recurrentOptions, given, () => `--model ${model}, only with --model rnn`);
	}
	const owners: Readonly<Record<"noise" | "reward", readonly string[]>> = {
		noise: ["monotonic"],
		reward: ["hard", "hard-location"], // those that learn by REINFORCE
	};
	const owned = (["noise", "reward"] as const).filter((name) => !owners[name].includes(attention));
	refuseUnread(owned, given, (name) => `--attention ${attention}, only with ${owners[name].join(" and ")}`);
	if (model === "transformer") {
		refuseUnread(
			["embedding"],
			given,
			() => "--model transformer, whose token vectors have the size --units",
		);
	}
	const headed = model === "transformer" ? "--model transformer" : "--attention multi-head";
	if ((model === "transformer" || (model === "rnn" && attention === "multi-head")) && units % heads !== 0) {
		throw new UserError(`${headed} has ${heads} heads: --units is ${units}; give a multiple of ${heads}.`);
	}
	const features = mechanismOf(attention).bidirectional === false ? units : 2 * units;
	if (model === "rnn" && selfAttention && features % heads !== 0) {
		throw new UserError(
			`--self-attention has ${heads} heads, and the encoder ${features} features: give --units another value.`,
		);
	}
	if (model === "rnn" && inputFeeding && !mechanismOf(attention).afterCell) {
		const fitting = attentionNames.filter((name) => mechanismOf(name).afterCell).join(", ");
		throw new UserError(
			`--input-feeding does not go with --attention ${attention}, whose answer the cell gets anyway; it goes with ${fitting}.`,
		);
	}
}
