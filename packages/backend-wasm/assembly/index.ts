export { biasAndActivate } from "./activate";
export { attendGrad, attendGradScratch } from "./attention/backward";
export { attend, attendScratch } from "./attention/forward";
export { expAll, sigmoidAll, tanhAll } from "./map";
export { multiply, multiplyItems, multiplyScratch } from "./product";
export { repeat } from "./repeat";
export { sumAxis } from "./sum";

// An exported function is not inlined, and V8 allocates registers well in these loops only where they stand alone.
export { differentiate } from "./attention/backward";
export { exponentiate } from "./attention/forward";
export { addScoresTimes, rowDots, rowTimes, tile } from "./tile";
