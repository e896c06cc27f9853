#!/usr/bin/env node
import "@tensorflow/tfjs-layers"; // gradients of the host's operations
import { runMain } from "@heed/command-line";
import { gpuCli } from "./gpu-cli.ts";

// Where there is no desktop, drivers look for Wayland all the same, and its library complains on stderr of a variable.
process.env.XDG_RUNTIME_DIR ||= "/nonexistent";
await runMain(gpuCli);
process.exit(); // Dawn keeps the process alive
