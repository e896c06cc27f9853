import { checkChoice } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * How scores become weights. `hardSigmoid` is `clip(x / 6 + 1/2, 0, 1)`; `softmax` makes the last axis sum to 1, which shrinks
 * what it weighs; `none` leaves the scores.
 */
export type GateName = "sigmoid" | "hardSigmoid" | "tanh" | "softmax" | "none";

type Gate = (scores: tf.Tensor2D) => tf.Tensor2D;

const gates: Readonly<Record<GateName, Gate>> = {
	sigmoid: tf.sigmoid,
	hardSigmoid: (scores) => tf.clipByValue(tf.add(tf.div(scores, 6), 0.5), 0, 1),
	tanh: tf.tanh,
	softmax: (scores) => tf.softmax(scores),
	none: (scores) => scores,
};

/** @throws HeedError `OPTION` for a name that is none. */
export function gateByName(where: string, name: GateName): Gate {
	checkChoice(where, "gate", name, Object.keys(gates));
	return gates[name];
}
