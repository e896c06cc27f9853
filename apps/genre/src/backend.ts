import "@heed/backend-wasm";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-layers"; // brings the gradients of the host's ops
import * as tf from "@tensorflow/tfjs-core";

/** Starts the backend that computes, or says that it does not start. */
export async function startBackend(name: "wasm" | "cpu"): Promise<void> {
	if (await tf.setBackend(name)) await tf.ready();
	else throw new Error(`The backend '${name}' did not start.`);
}
