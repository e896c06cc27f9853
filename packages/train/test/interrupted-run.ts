// A training program for a test to interrupt: … interrupted-run.ts CHECKPOINT EPOCHS fresh|resume|hang|die
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-layers";
import * as tf from "@tensorflow/tfjs-core";
import { Adam, type TrainingObserver, train } from "../src/index.ts";
import { checkpointOnInterrupt, loadCheckpoint, saveCheckpoints } from "../src/node/index.ts";
import { regression, regressionWithDropout } from "./regression.ts";

const [, , checkpoint = "", epochs = "", mode = ""] = process.argv;
tf.env().set("IS_TEST", true); // no banner
await tf.setBackend("cpu");
const announce: TrainingObserver = {
	onStep: async ({ step }) => {
		if (step === 3) console.log("running");
		if (step === 8 && mode === "die") process.kill(process.pid, "SIGKILL");
		if (step === 3 && mode === "hang") await new Promise((resolve) => setTimeout(resolve, 1e9));
	},
};
const result = await train({
	...(mode === "die" ? regressionWithDropout() : regression()),
	optimizer: new Adam({ learningRate: 0.01 }),
	epochs: Number(epochs),
	clipNorm: 1,
	resume: mode === "resume" ? await loadCheckpoint(checkpoint) : undefined,
	observers: [
		checkpointOnInterrupt(checkpoint, console.log),
		...(mode === "die" ? [saveCheckpoints(checkpoint, { everySteps: 3 })] : []),
		...(mode === "resume" ? [saveCheckpoints(checkpoint, { everyEpochs: 1000 })] : []),
		announce,
	],
});
console.log(`${result.reason} ${result.step}`);
