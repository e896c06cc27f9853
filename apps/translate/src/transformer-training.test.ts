import { onKernelPath } from "@heed/core";
import { describeOnEveryBackend, expectClose } from "@heed/testing";
import type { TrainingResult } from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { buildModel } from "./build-model.ts";
import { defaultsOf } from "./settings.ts";
import { taskData } from "./task-data.ts";
import { trainModel } from "./train-model.ts";

/** An epoch of three steps on dates, and which paths attention took. */
async function train(backend: string): Promise<{ result: TrainingResult; paths: Set<string> }> {
	await tf.setBackend(backend);
	const defaults = defaultsOf("dates");
	const sizes = { units: 16, dropout: 0.1, batchSize: 4, limit: 200 };
	const model = { ...defaults.model, ...sizes, model: "transformer" } as const;
	const settings = { model, run: { ...defaults.run, epochs: 1 } };
	const all = taskData(model, undefined);
	const data = { ...all, train: all.train.slice(0, 12), validation: all.validation.slice(0, 4) };
	const paths = new Set<string>();
	const stop = onKernelPath(({ path }) => paths.add(path));
	const translator = buildModel(model, data.codec);
	try {
		return { result: await trainModel(translator, data, { settings, config: {}, observers: [] }), paths };
	} finally {
		translator.dispose();
		stop();
	}
}

describeOnEveryBackend("training the Transformer of this program", (backend) => {
	it("gives the losses that it gives on the cpu backend, with dropout", async () => {
		const { result: expected } = await train("cpu");
		const { result, paths } = await train(backend);
		expect(result.step).toBe(3);
		const [ours, theirs] = [result, expected].map(({ history }) => history[0]?.metrics ?? {});
		for (const name of ["loss", "valLoss"]) {
			expect(theirs?.[name], name).toBeGreaterThan(0);
			expectClose([ours?.[name] ?? Number.NaN], [theirs?.[name] ?? 0], { atol: 1e-4, label: name });
		}
		if (backend === "webgpu") expect([...paths]).toEqual(["fused"]);
	}, 120_000);
});
