// The public names of @heed/train/node.

export { loadCheckpoint, saveCheckpoint } from "./checkpoint-files.ts";
export { checkpointOnInterrupt } from "./checkpoint-on-interrupt.ts";
export { type JsonlLogOptions, jsonlLog } from "./jsonl-log.ts";
export { type LossCurve, readLossCurve } from "./read-loss-curve.ts";
export { type SaveCheckpointsOptions, saveCheckpoints } from "./save-checkpoints.ts";
export { type ProgressStream, type TerminalProgressOptions, terminalProgress } from "./terminal-progress.ts";
