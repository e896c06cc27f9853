import * as tf from "@tensorflow/tfjs-core";
import { startWebGpu } from "../src/node.ts";

// Debian's chromium brings a software adapter.
process.env.VK_ICD_FILENAMES ??= "/usr/lib/chromium/vk_swiftshader_icd.json";
process.env.XDG_RUNTIME_DIR ||= "/nonexistent"; // drivers complain where it is not set

await startWebGpu({ features: "none" });
// The host would compute small tensors on the CPU, and no kernel would be tested.
tf.env().set("WEBGPU_CPU_FORWARD", false);
