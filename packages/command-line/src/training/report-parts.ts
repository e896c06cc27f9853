import type { LossCurve } from "@heed/train/node";
import type { HtmlSection, LineChart } from "@heed/viz";
import type { AllSettings } from "../settings/settings.ts";

/** The curve of a training, logarithmic if the loss falls far. */
export function lossChart(title: string, { training, validation }: LossCurve): LineChart {
	const losses = [...training, ...validation].map(([, loss]) => loss).filter((loss) => loss > 0);
	const falls = Math.max(...losses) / Math.min(...losses);
	return {
		title,
		xLabel: "epoch",
		yLabel: "loss",
		yScale: falls > 100 ? "log" : "linear",
		series: [
			{ name: "training", points: training },
			{ name: "validation", points: validation },
		],
	};
}

/** The section of a report that lists the settings, without those that mean nothing for the model. */
export function settingsSection(
	{ model, run }: AllSettings<object, object>,
	unused: readonly string[] = [],
): HtmlSection {
	const rows = Object.entries({ ...model, ...run })
		.filter(([name]) => !unused.includes(name))
		.map(([name, value]) => [name, String(value)]);
	return { heading: "Settings", tables: [{ columns: ["name", "value"], rows }] };
}
