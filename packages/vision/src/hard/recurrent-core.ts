import { lstmSequence } from "@heed/core";
import { makeDense, type ParameterScope, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { makeConvolutionStack } from "./convolution-stack.ts";
import { takeGlimpse } from "./take-glimpses.ts";

/** What a {@link RecurrentCore} remembers from glimpse to glimpse, each `[batch, units]`. */
export type CoreState = readonly tf.Tensor2D[];

/** What puts the glimpses of an image together. */
export interface RecurrentCore {
	/** Before the first glimpse. */
	start(images: tf.Tensor4D): CoreState;
	/** After one more glimpse, `[batch, glimpse units]`. */
	step(glimpse: tf.Tensor2D, state: CoreState): CoreState;
	/** What says the class, `[batch, units]`. */
	action(state: CoreState): tf.Tensor2D;
	/** What says where to look next, `[batch, units]`. */
	place(state: CoreState): tf.Tensor2D;
}

/** Sizes of a {@link RecurrentCore}. */
export interface CoreSizes {
	readonly kind: "rnn" | "lstm" | "deep";
	readonly glimpseUnits: number;
	readonly units: number;
	/** Only `deep`: height and width of the coarse image that it begins with. */
	readonly contextSize: number;
	/** Only `deep`: filters of convolutions that look at the coarse image. Default: none. */
	readonly contextFilters?: readonly number[] | undefined;
	readonly channels: number;
}

/** Makes a core by its kind. */
export function makeCore(parameters: ParameterScope, sizes: CoreSizes): RecurrentCore {
	if (sizes.kind === "rnn") return makePlainCore(parameters, sizes);
	return sizes.kind === "lstm" ? makeLstmCore(parameters, sizes) : makeDeepCore(parameters, sizes);
}

const zeros = (images: tf.Tensor4D, units: number): tf.Tensor2D => tf.zeros([images.shape[0], units]);

/** `h' = relu(W g + b + U h + c)`. */
function makePlainCore(parameters: ParameterScope, { glimpseUnits, units }: CoreSizes): RecurrentCore {
	const fromGlimpse = makeDense(parameters.scope("input"), { inputSize: glimpseUnits, outputSize: units });
	const fromState = makeDense(parameters.scope("recurrent"), { inputSize: units, outputSize: units });
	const only = ([hidden]: CoreState): tf.Tensor2D => hidden as tf.Tensor2D;
	return {
		start: (images) => [zeros(images, units)],
		step: (glimpse, state) => [tf.relu(tf.add(fromGlimpse(glimpse), fromState(only(state))))],
		action: only,
		place: only,
	};
}

function makeLstmCore(parameters: ParameterScope, { glimpseUnits, units }: CoreSizes): RecurrentCore {
	const step = makeLstmStep(parameters, glimpseUnits, units);
	const hidden = (state: CoreState): tf.Tensor2D => state[0] as tf.Tensor2D;
	return {
		start: (images) => [zeros(images, units), zeros(images, units)],
		step: (glimpse, [h, c]) => step(glimpse, [h as tf.Tensor2D, c as tf.Tensor2D]),
		action: hidden,
		place: hidden,
	};
}

/** The lower cell says what, and the upper one, which has seen the whole image coarsely, says where. */
function makeDeepCore(parameters: ParameterScope, sizes: CoreSizes): RecurrentCore {
	const { glimpseUnits, units, contextSize, contextFilters = [], channels } = sizes;
	const lower = makeLstmStep(parameters.scope("lower"), glimpseUnits, units);
	const upper = makeLstmStep(parameters.scope("upper"), units, units);
	const convolve = makeConvolutionStack(parameters.scope("context/convolution"), channels, contextFilters);
	const inputSize = contextSize ** 2 * (contextFilters.at(-1) ?? channels);
	const context = makeDense(parameters.scope("context"), { inputSize, outputSize: units });
	return {
		start: (images) => {
			const [batch, height, width] = images.shape;
			const ratio = Math.ceil(Math.max(height, width) / contextSize); // a glimpse that takes in the whole image
			const coarse = takeGlimpse(images, tf.zeros([batch, 2]), contextSize, ratio);
			const first = tf.relu(context(tf.reshape(convolve(coarse), [batch, inputSize]) as tf.Tensor2D));
			return [zeros(images, units), zeros(images, units), first, zeros(images, units)];
		},
		step: (glimpse, state) => {
			const [h1, c1, h2, c2] = state as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
			const below = lower(glimpse, [h1, c1]);
			return [...below, ...upper(below[0], [h2, c2])];
		},
		action: ([hidden]) => hidden as tf.Tensor2D,
		place: ([, , hidden]) => hidden as tf.Tensor2D,
	};
}

type LstmState = [hidden: tf.Tensor2D, cell: tf.Tensor2D];

/** One step of an LSTM; gates in the order i, f, g, o, and the forget gate open at first. */
function makeLstmStep(
	parameters: ParameterScope,
	inputSize: number,
	units: number,
): (input: tf.Tensor2D, state: LstmState) => LstmState {
	const kernel = parameters.add<tf.Rank.R2>("kernel", [inputSize, 4 * units]);
	const recurrent = parameters.add<tf.Rank.R2>("recurrentKernel", [units, 4 * units], "orthogonal");
	const bias = parameters.add<tf.Rank.R1>("bias", [4 * units], "zeros");
	tf.tidy(() => {
		bias.assign(tf.concat([tf.zeros([units]), tf.ones([units]), tf.zeros([2 * units])]) as tf.Tensor1D);
	});
	return (input, [hidden, cell]) => {
		const [batch] = input.shape;
		const x: tf.Tensor3D = tf.reshape(project(input, kernel, bias), [1, batch, 4 * units]);
		const after = lstmSequence(x, hidden, cell, recurrent);
		return after.map((steps) => tf.reshape(steps, [batch, units])) as LstmState;
	};
}
