// The public names of @heed/core, by folder.

// Errors and the checks that throw them
export {
	checkChoice,
	checkDtype,
	checkNumber,
	checkOptions,
	checkRank,
	checkShape,
	describeShape,
	type NumberRange,
	resolveAxis,
} from "./checks.ts";
export { HeedError, type HeedErrorCode } from "./errors.ts";

// dot-product/

// score/

// normalize/

// mask/

// position/

// heads/

// cache/

// sample/

// warp/

// linear/

// resample/

// What this package offers, as data
export { type Mechanism, mechanisms } from "./registry.ts";
