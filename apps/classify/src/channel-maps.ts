import type { LabelledImages } from "@heed/command-line/digits";
import { pickImages } from "@heed/command-line/digits";
import type { AttentionMap } from "@heed/viz";
import type { Classifier } from "./classifier.ts";
import { lookAt } from "./look.ts";

/** So many pictures of each class are looked at. */
const perClass = 20;

/** What each layer of the attention makes of the channels, for each class: the mean over some pictures of it. */
export async function channelMaps(
	model: Classifier,
	pictures: LabelledImages,
	classes: readonly string[],
): Promise<AttentionMap[]> {
	const [first] = await lookAt(model, pickImages(pictures, [0]));
	if (first?.channels.length === 0) return [];
	const chosen = classes.flatMap((_, of) => {
		const own = Array.from(pictures.labels.keys()).filter((i) => pictures.labels[i] === of);
		return own.slice(0, perClass);
	});
	const looks = await lookAt(model, pickImages(pictures, chosen));
	const layers = looks[0]?.channels ?? [];
	return layers.map(({ layer, weights: { length } }, at) => {
		const sums = new Float32Array(classes.length * length);
		const counts = classes.map((_, of) => chosen.filter((i) => pictures.labels[i] === of).length);
		looks.forEach(({ channels }, i) => {
			const of = pictures.labels[chosen[i] ?? 0] ?? 0;
			channels[at]?.weights.forEach((weight, channel) => {
				const cell = of * length + channel;
				sums[cell] = (sums[cell] ?? 0) + weight / (counts[of] ?? 1);
			});
		});
		return {
			title: layer.replace(/_attention$/u, ""),
			queryTokens: classes,
			keyTokens: Array.from({ length }, (_, channel) => String(channel + 1)),
			weights: sums,
			axisLabels: { query: "class", key: "channel" },
		};
	});
}
