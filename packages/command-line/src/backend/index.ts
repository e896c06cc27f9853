import "@heed/backend-wasm";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-layers"; // brings the gradients of the host's ops
import * as tf from "@tensorflow/tfjs-core";

/** Starts the backend that computes, or says that it does not start. */
export async function startBackend(name: "wasm" | "cpu"): Promise<void> {
	if (!(await tf.setBackend(name))) throw new Error(`The backend '${name}' did not start.`);
	await tf.ready();
	const production = tf.env().getBool("PROD");
	tf.env().set("PROD", true); // or the first tensor makes the cpu backend advertise another package
	tf.tidy(() => tf.scalar(0));
	tf.env().set("PROD", production);
}
