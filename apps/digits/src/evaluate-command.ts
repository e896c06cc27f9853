import { print, say, UserError } from "@heed/command-line";
import { answerPictures } from "./answer-pictures.ts";
import { judgingPictures } from "./data/picture-batches.ts";
import { thin } from "./data/read-data.ts";
import { heldOutDigits, openNetwork } from "./open-network.ts";
import type { EvaluateOptions } from "./options.ts";
import { scoreAnswers } from "./score.ts";

/** `digits evaluate`: judges a trained network, or one of others, on held-out digits. */
export async function evaluateCommand(options: EvaluateOptions): Promise<void> {
	const { data, rollouts, std, limit, seed } = options;
	const opened = await openNetwork(options, std);
	const { network, making, look } = opened;
	if (look.task !== "glimpses" && (rollouts > 0 || std !== undefined)) {
		throw new UserError("--rollouts and --std go with glimpses; this network has a spatial transformer.");
	}
	const pictures = judgingPictures(thin(heldOutDigits(data, opened), limit), making);
	say(`Reading ${pictures.count} pictures …`);
	const score = async (draws?: { rollouts: number; seed: number }): Promise<string> => {
		const answers = await answerPictures(network, pictures, draws === undefined ? {} : { draws });
		const { error, text } = scoreAnswers(answers, pictures.labels);
		return `${(100 - error).toFixed(2)} % right, ${text}`;
	};
	await print(look.task === "glimpses" ? `by one look at the mean places: ${await score()}` : await score());
	if (rollouts > 0) await print(`mean of ${rollouts} looks: ${await score({ rollouts, seed })}`);
	network.dispose();
}
