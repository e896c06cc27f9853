import "@heed/backend-wasm";
import { causalMask, combineMasks, keyLengthMask, maskedSoftmax, windowMask } from "@heed/core";
import type { AttentionMap } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";

const length = 8;
const words = Array.from({ length }, (_, i) => String(i));

/** What each mask leaves of even scores. */
export function masks(): AttentionMap[] {
	const square = (mask: tf.Tensor): tf.Tensor => tf.broadcastTo(mask, [1, 1, length, length]);
	const causal = causalMask(length, length);
	const window = windowMask(length, length, { left: 2, right: 0 });
	const padding = keyLengthMask([5], length);
	return Object.entries({
		"causal: the past and itself": causal,
		"window: two before, none after": window,
		"lengths: five real keys": padding,
		"causal and lengths": combineMasks(square(causal), square(padding)),
	}).map(([title, mask]) => {
		const [weights, seen] = tf.tidy(() => {
			const whole = square(mask);
			return [maskedSoftmax(tf.zeros(whole.shape), whole).dataSync(), whole.dataSync()];
		});
		return { title, queryTokens: words, keyTokens: words, weights, mask: seen };
	});
}
