export { adamStep } from "./adam";
export { additiveScore, additiveScoreGrad } from "./additive-score";
export { biasAndActivate } from "./activate";
export { attendGrad, attendGradScratch } from "./attention/backward";
export { attend, attendScratch } from "./attention/forward";
export { compare } from "./compare";
export {
	convolution,
	convolutionFilterGrad,
	convolutionInputGrad,
	convolutionScratch,
} from "./convolution/products";
export {
	depthwise,
	depthwiseFilterGrad,
	depthwiseInputGrad,
	depthwiseScratch,
} from "./convolution/depthwise";
export { expAll, sigmoidAll, tanhAll } from "./map";
export { maxPoolGrad } from "./max-pool-grad";
export { multiply, multiplyItems, multiplyScratch } from "./product";
export { gruBackward, gruBackwardScratch, gruForward, gruForwardScratch } from "./recurrent/gru";
export { lstmBackward, lstmBackwardScratch, lstmForward, lstmForwardScratch } from "./recurrent/lstm";
export { repeat } from "./repeat";
export { segmentSum } from "./segment-sum";
export { sumAxis } from "./sum";

// An exported function is not inlined, and V8 allocates registers well in these loops only where they stand alone.
export { scoreGrad, scoreOf } from "./additive-score";
export { differentiate } from "./attention/backward";
export { exponentiate } from "./attention/forward";
export { compareRow } from "./compare";
export { addProductSums, addProducts } from "./convolution/channels";
export { giveToLargest } from "./max-pool-grad";
export { gruCell, gruCellGrad } from "./recurrent/gru";
export { lstmCell, lstmCellGrad } from "./recurrent/lstm";
export { addRuns, copyRuns, zeroRuns } from "./runs";
export { addScoresTimes, rowDots, rowTimes, tile } from "./tile";
