import { sinusoidalPositions } from "@heed/core";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { saveAndLoad, toModel } from "../../test/save-and-load.ts";
import { rmsNormalization } from "../normalization/rms-normalization.ts";
import { namedWeights } from "../parameters/named-weights.ts";
import { positionEmbedding } from "./position-embedding.ts";

describeOnEveryBackend("positionEmbedding and rmsNormalization", () => {
	it("adds waves, or the rows of a table", () => {
		tf.tidy(() => {
			const x = randomTensor([2, 3, 6], 1);
			const waves = positionEmbedding({ inputScale: 2 });
			const expected = tf.add(tf.mul(x, 2), sinusoidalPositions(3, 6));
			expectClose(waves.apply(x) as tf.Tensor, expected);
			const learned = positionEmbedding({ kind: "learned", maxLength: 5, seed: 0 });
			const y = learned.apply(x) as tf.Tensor;
			const table = namedWeights(learned).get("table") as tf.Variable;
			expectClose(y, tf.add(x, tf.slice(table, [0, 0], [3, 6])));
			expectGradientsMatch((input) => learned.apply(input as tf.Tensor) as tf.Tensor, [x], {
				coordinates: 6,
			});
			const { grads } = tf.variableGrads(() => tf.sum(learned.apply(x) as tf.Tensor), [table]);
			expectClose(grads[table.name] as tf.Tensor, [...new Array(18).fill(2), ...new Array(12).fill(0)]);
			learned.dispose();
		});
	});

	it("are saved and loaded", async () => {
		const layers = [
			positionEmbedding({ kind: "learned", maxLength: 5, inputScale: 3 }),
			positionEmbedding(),
			rmsNormalization({ epsilon: 1e-3 }),
		];
		for (const layer of layers) {
			const whole = toModel(layer, [null, 6]);
			const loaded = await saveAndLoad(whole);
			tf.tidy(() => {
				const x = randomTensor([2, 4, 6], 1);
				expectClose(loaded.predict(x) as tf.Tensor, whole.predict(x) as tf.Tensor, { atol: 1e-6 });
				expectNoLeak(() => layer.apply(x) as tf.Tensor);
			});
			whole.dispose();
			loaded.dispose();
		}
	});

	it.each([
		[() => positionEmbedding({ kind: "learned" }), /`maxLength` is undefined/],
		[() => positionEmbedding({ maxLength: 3 }), /goes with `kind` 'learned'/],
		[() => positionEmbedding({ kind: "spiral" as never }), /`kind` is "spiral"/],
		[() => positionEmbedding().apply(tf.zeros([1, 2, 5])), /x has 5 features; waves come in pairs/],
		[() => positionEmbedding().apply(tf.zeros([2, 6])), /expected rank 3: \[batch, length, features\]/],
		[
			() => positionEmbedding({ kind: "learned", maxLength: 2 }).apply(tf.zeros([1, 3, 6])),
			/is longer than `maxLength` 2/,
		],
		[() => rmsNormalization({ epsilon: -1 }), /rmsNormalization: `epsilon` is -1/],
	])("say what is wrong: case %#", (make, message) => {
		tf.tidy(() => {
			expect(make).toThrow(message);
		});
	});
});
