// What JavaScript calls, and besides it the hot loops: an exported function is not inlined, and V8 allocates registers well
// in such loops only where they stand alone.

export { biasAndActivate } from "./activate";
export { adamStep } from "./adam";
export { additiveScore, additiveScoreGrad, scoreGrad, scoreOf } from "./additive-score";
export { attendGrad, attendGradScratch } from "./attention/backward";
export { attend, attendScratch, exponentiate } from "./attention/forward";
export { differentiate } from "./attention/score-gradients";
export { compare, compareRow } from "./compare";
export { addProductSums, addProducts } from "./convolution/channels";
export {
	depthwise,
	depthwiseFilterGrad,
	depthwiseInputGrad,
	depthwiseScratch,
} from "./convolution/depthwise";
export {
	convolution,
	convolutionFilterGrad,
	convolutionInputGrad,
	convolutionScratch,
} from "./convolution/products";
export { expAll, sigmoidAll, tanhAll } from "./map";
export { giveToLargest, maxPoolGrad } from "./max-pool-grad";
export { multiply, multiplyItems, multiplyScratch } from "./product";
export {
	gruBackward,
	gruBackwardScratch,
	gruCell,
	gruCellGrad,
	gruForward,
	gruForwardScratch,
} from "./recurrent/gru";
export {
	lstmBackward,
	lstmBackwardScratch,
	lstmCell,
	lstmCellGrad,
	lstmForward,
	lstmForwardScratch,
} from "./recurrent/lstm";
export { repeat } from "./repeat";
export { addRuns, copyRuns, zeroRuns } from "./runs";
export { segmentSum } from "./segment-sum";
export { sumAxis } from "./sum";
export { addScoresTimes, rowDots, rowTimes, tile } from "./tile";
