import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { describeOnEveryBackend } from "./backends.ts";
import { expectNoLeak } from "./leak.ts";

describeOnEveryBackend("expectNoLeak", () => {
	const fails = (): never => {
		throw new Error("as it should");
	};

	it("accepts what leaves its result alone, or throws with nothing left", () => {
		const x = tf.ones([3]);
		expectNoLeak(() => tf.tidy(() => tf.add(tf.mul(x, 2), 1)));
		expectNoLeak(() => ({ a: tf.ones([2]), b: [tf.ones([3])] }));
		expectNoLeak(fails, { throws: true });
	});

	it("accepts a constant that is made once and kept", () => {
		let kept: tf.Tensor | undefined;
		expectNoLeak(() => {
			kept ??= tf.ones([2]);
			return tf.clone(kept);
		});
		expect(kept?.isDisposed).toBe(false);
	});

	it("refuses a tensor that is left behind, also before an error", () => {
		const leak = (): tf.Tensor => {
			tf.ones([3]);
			return tf.ones([2]);
		};
		expect(() => expectNoLeak(leak)).toThrow(/tensors left behind/);
		const leakAndFail = (): never => {
			tf.ones([3]);
			return fails();
		};
		expect(() => expectNoLeak(leakAndFail, { throws: true })).toThrow(/tensors left behind/);
	});

	it("refuses a call that throws where it should not, and one that does not where it should", () => {
		expect(() => expectNoLeak(fails)).toThrow("as it should");
		expect(() => expectNoLeak(() => tf.ones([2]), { throws: true })).toThrow();
	});
});
