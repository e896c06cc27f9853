import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { difference } from "../measure/difference.ts";
import { allWorkloads } from "../workloads/all-workloads.ts";
import type { Results, Workload } from "../workloads/workload.ts";
import type { Contender } from "./contender.ts";
import { openContenders } from "./open-contenders.ts";

const patience = { cpu: 1e6, other: 1e6 };
const { present } = await openContenders({ wanted: ["stock", "onnxruntime-web"], patience });
const small = allWorkloads.filter(({ flops }) => flops < 1e9);

/** Results, after which a run leaves nothing but what it returns, and the case nothing at all. */
async function tryOut(contender: Contender, workload: Workload): Promise<Results> {
	await contender.enter(workload);
	const start = tf.memory().numTensors;
	const benchCase = await contender.build(workload);
	const results = await benchCase.results();
	benchCase.prepare?.();
	const ready = tf.memory().numTensors;
	tf.dispose(await benchCase.run());
	expect(tf.memory().numTensors, "after a run").toBe(ready);
	await benchCase.dispose();
	expect(tf.memory().numTensors, "at the end").toBe(start);
	return results;
}

describe("contenders", () => {
	it.each(small.map((workload) => [workload.id, workload] as const))(
		"compute the same: %s",
		async (_, workload) => {
			const [heed, ...peers] = present.filter((contender) => contender.takesPart(workload));
			const reference = await tryOut(heed as Contender, workload);
			expect(reference.some((values) => Array.from(values).some((value) => value !== 0))).toBe(true);
			for (const peer of peers) {
				expect(difference(await tryOut(peer, workload), reference), peer.id).toBeUndefined();
			}
		},
	);

	it("are all there, ONNX Runtime with models of every kind of operator", () => {
		expect(present.map(({ id }) => id)).toEqual(["heed", "stock", "onnxruntime-web"]);
		const kinds = new Set(small.filter(({ onnx }) => onnx).map(({ id }) => id.split("/")[0]));
		expect([...kinds]).toEqual(["attention", "attention-causal", "decode", "matmul", "conv", "length"]);
	});
});
