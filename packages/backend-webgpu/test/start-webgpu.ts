import * as tf from "@tensorflow/tfjs-core";
import { overrideTiles } from "../src/index.ts";
import { startWebGpu } from "../src/node.ts";

// Debian's chromium brings a software adapter.
process.env.VK_ICD_FILENAMES ??= "/usr/lib/chromium/vk_swiftshader_icd.json";
process.env.XDG_RUNTIME_DIR ??= "/tmp";

const { software } = await startWebGpu({ features: "none" });
// There, the compilation of large kernels takes most of the time.
if (software) overrideTiles("software");
// The host would compute small tensors on the CPU, and no kernel would be tested.
tf.env().set("WEBGPU_CPU_FORWARD", false);
