export { attendGrad, attendGradScratch } from "./attention/backward";
export { attend, attendScratch } from "./attention/forward";
export { multiply, multiplyItems, multiplyScratch } from "./product";

// An exported function is not inlined, and V8 allocates registers well in these loops only where they stand alone.
export { differentiate } from "./attention/backward";
export { exponentiate } from "./attention/forward";
export { addScoresTimes, rowDots, rowTimes, tile } from "./tile";
