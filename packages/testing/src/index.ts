export { expectSameAsCpu } from "./agreement.ts";
export {
	type AttentionProblem,
	attentionArguments,
	attentionProblems,
	decodeProblems,
	wideProblems,
} from "./attention-problems.ts";
export { describeOnEveryBackend, everyBackend, useBackend } from "./backends.ts";
export { type CloseOptions, type Comparison, expectAllClose, expectClose } from "./close.ts";
export {
	fixtureTensor,
	fixtureValues,
	type OnnxCase,
	type OnnxTensor,
	onnxCases,
	readSafetensors,
	sharedPath,
	type TorchCase,
	type TorchTensor,
	torchCases,
} from "./conformance.ts";
export { expectGradientsMatch, expectGradientsToMatch, type GradientOptions } from "./gradient.ts";
export { expectNoLeak } from "./leak.ts";
export { type LiteralCase, literalCases, nlpReference } from "./literal.ts";
export { type RandomSource, randomSource, randomTensor } from "./random.ts";
export { expectWholeRegistry, type RegistryEntry, type RegistryOptions } from "./registry.ts";
