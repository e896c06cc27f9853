import { captureAttention, disposeAttention } from "@heed/layers";
import { everyBackend, expectClose, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { saveAndLoad } from "../../test/save-and-load.ts";
import { queryTemporalAttention } from "./query-temporal-attention.ts";
import { spatioTemporalAttention } from "./spatio-temporal-attention.ts";

const [batch, frames, height, width, channels, querySize] = [2, 5, 3, 2, 4, 7];

describe("the network of TGIF-QA", () => {
	useBackend(everyBackend[0] as string);

	it("asks pixels, runs an LSTM over what it found and asks its states, with a mask of frames from end to end", async () => {
		const video = input({ shape: [frames, height, width, channels] });
		const query = input({ shape: [querySize] });
		const mask = input({ shape: [frames], dtype: "bool" });
		const looked = spatioTemporalAttention({ units: 3, temporal: false, seed: 1 }).apply([
			video,
			query,
			mask,
		]);
		const states = layers
			.lstm({ units: 6, returnSequences: true, recurrentInitializer: "glorotNormal" })
			.apply(looked as SymbolicTensor);
		const asked = queryTemporalAttention({ units: 3, fuse: true, seed: 2 });
		const output = asked.apply([states as SymbolicTensor, query, mask]) as SymbolicTensor;
		expect(output.shape).toEqual([null, querySize]);
		const network = model({ inputs: [video, query, mask], outputs: output });
		const live = tf.tensor2d(
			[
				[1, 1, 1, 0, 0],
				[1, 1, 1, 1, 1],
			],
			[batch, frames],
			"bool",
		);
		const x = randomTensor<tf.Rank.R5>([batch, frames, height, width, channels], 3);
		const q = randomTensor([batch, querySize], 4);
		const tail = tf.tidy(() =>
			tf.tile(tf.reshape(tf.cast(live, "float32"), [batch, frames, 1, 1, 1]), [
				1,
				1,
				height,
				width,
				channels,
			]),
		);
		const other = tf.tidy(() => tf.add(x, tf.mul(tf.sub(1, tail), 5)));
		const { result, records } = captureAttention(() => network.predict([x, q, live]) as tf.Tensor);
		const spoilt = network.predict([other, q, live]) as tf.Tensor;
		expectClose(spoilt, result, { atol: 0 }); // the frames behind the end do not matter
		expect(records.map(({ kind, weights }) => [kind, weights.shape])).toEqual([
			["spatial", [batch, frames, height, width]],
			["temporal", [batch, frames]],
		]);
		const copy = await saveAndLoad(network);
		const again = copy.predict([x, q, live]) as tf.Tensor;
		expectClose(again, result, { atol: 1e-6 });
		disposeAttention(records);
		tf.dispose([x, q, live, tail, other, result, spoilt, again]);
		network.dispose();
		copy.dispose();
	});
});
