import {
	checkDtype,
	checkFlag,
	checkNumber,
	checkShape,
	convolution2d,
	describeShape,
	HeedError,
} from "@heed/core";
import { knownSize, SeededLayer, type SeededLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";

/** Arguments of {@link convolution2dLayer}. */
export interface Convolution2dLayerArgs extends SeededLayerArgs {
	/** Channels of the output. Default: those of the input. */
	readonly filters?: number | undefined;
	/** Height and width of the kernel. Default 3. */
	readonly kernelSize?: number | undefined;
	/** Steps from window to window. Default 1. */
	readonly strides?: number | undefined;
	/**
	 * `same` (default): as many outputs as ⌈size / strides⌉, the odd pixel of zeros after the image, as TensorFlow does; `valid`:
	 * windows stay inside the image; or the zeros to add on each side, as PyTorch counts them.
	 */
	readonly padding?: "same" | "valid" | number | undefined;
	/** Pixels from tap to tap of the kernel. Default 1: side by side. */
	readonly dilation?: number | undefined;
	/** Into how many parts the channels fall that do not see each other; `depthwise`: each for itself. Default 1. */
	readonly groups?: number | "depthwise" | undefined;
	/** Add a trained number to every channel. Default true. */
	readonly useBias?: boolean | undefined;
}

const imageAxes = ["batch", "height", "width", "channels"];

/**
 * A convolution as a layer, which trains on every backend, also where it is dilated, in groups or depthwise: see `convolution2d` of
 * `@heed/core`. The host's layers have no gradient of the kernel on the wasm backend, and none at all if they are dilated.
 *
 *     y = Σ over the kernel's taps and the channels of the group of kernel · x, plus b
 *
 * Input: `[batch, height, width, channels]`, of any height and width. Weights: `kernel` [size, size, channels / groups, filters],
 * normal by He's rule at first, `bias` b [filters].
 *
 * When not to use it: for a model that other programs must read, who know no layer of this package; on other backends than wasm
 * the host's own does for a plain convolution.
 *
 * @throws HeedError at construction, build or call.
 */
export class Convolution2d extends SeededLayer {
	static readonly className = "HeedConvolution2dLayer";
	readonly filters: number | undefined;
	readonly kernelSize: number;
	readonly strides: number;
	readonly padding: "same" | "valid" | number;
	readonly dilation: number;
	readonly groups: number | "depthwise";
	readonly useBias: boolean;
	#made: { readonly kernel: tf.Tensor4D; readonly bias: tf.Tensor1D | undefined; groups: number } | undefined;

	constructor(args: Convolution2dLayerArgs = {}) {
		super(args, ["filters", "kernelSize", "strides", "padding", "dilation", "groups", "useBias"]);
		const { where } = this;
		const { filters, kernelSize = 3, strides = 1, padding = "same", dilation = 1 } = args;
		const { groups = 1, useBias = true } = args;
		if (filters !== undefined) checkNumber(where, "filters", filters, { integer: true, min: 1 });
		for (const [name, size] of Object.entries({ kernelSize, strides, dilation })) {
			checkNumber(where, name, size, { integer: true, min: 1 });
		}
		if (typeof padding === "number") checkNumber(where, "padding", padding, { integer: true, min: 0 });
		else if (padding !== "same" && padding !== "valid") {
			const message = `\`padding\` is ${JSON.stringify(padding)}; expected 'same', 'valid' or a number of pixels.`;
			throw new HeedError("OPTION", where, message);
		}
		if (groups !== "depthwise") checkNumber(where, "groups", groups, { integer: true, min: 1 });
		checkFlag(where, "useBias", useBias);
		this.filters = filters;
		this.kernelSize = kernelSize;
		this.strides = strides;
		this.padding = padding;
		this.dilation = dilation;
		this.groups = groups;
		this.useBias = useBias;
		this.supportsMasking = false;
	}

	override build(inputShape: Shape | Shape[]): void {
		const shape = inputShape as Shape;
		const channels = knownSize(this.where, "x", shape, imageAxes);
		const { kernelSize: size, filters = channels } = this;
		const groups = this.groups === "depthwise" ? channels : this.groups;
		for (const [what, count] of [
			["x has", channels],
			["there are", filters],
		] as const) {
			if (count % groups === 0) continue;
			const message = `${what} ${count} channels, which do not fall into ${groups} equal groups. Use a divisor of ${count} for \`groups\`.`;
			throw new HeedError("SHAPE", this.where, message);
		}
		const parts = this.parameterScope();
		this.#made = {
			kernel: parts.add<tf.Rank.R4>("kernel", [size, size, channels / groups, filters], "heNormal"),
			bias: this.useBias ? parts.add<tf.Rank.R1>("bias", [filters], "zeros") : undefined,
			groups,
		};
		super.build(inputShape);
	}

	override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
		const [x] = [inputs].flat() as [tf.Tensor4D];
		if (this.#made === undefined) {
			const message = "the weights are not there yet. Call `apply` or `build` first.";
			throw new HeedError("VALUE", this.where, message);
		}
		const { kernel, bias, groups } = this.#made;
		const expected = [null, null, null, kernel.shape[2] * groups];
		checkShape(this.where, "x", x, imageAxes, expected, "the weights of this layer");
		checkDtype(this.where, "x", x, "float32");
		const span = (this.kernelSize - 1) * this.dilation + 1;
		if (this.padding !== "same" && Math.min(x.shape[1], x.shape[2]) + 2 * this.#sides() < span) {
			const came = describeShape("x", x.shape, imageAxes);
			const message = `${came} is smaller than the kernel, which spans ${span} pixels. Use a smaller one, or \`padding\`.`;
			throw new HeedError("SHAPE", this.where, message);
		}
		const { strides, padding, dilation } = this;
		return tf.tidy(() => {
			const y = convolution2d(x, kernel, { strides, padding, dilation, groups });
			return bias === undefined ? y : tf.add(y, bias);
		});
	}

	#sides(): number {
		return typeof this.padding === "number" ? this.padding : 0;
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape {
		const [batch = null, height = null, width = null, channels = null] = inputShape as Shape;
		const span = (this.kernelSize - 1) * this.dilation + 1;
		const steps = (size: number | null): number | null => {
			if (size === null) return null;
			if (this.padding === "same") return Math.ceil(size / this.strides);
			return Math.floor((size + 2 * this.#sides() - span) / this.strides) + 1;
		};
		return [batch, steps(height), steps(width), this.filters ?? channels];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { filters, kernelSize, strides, padding, dilation, groups, useBias } = this;
		return {
			...super.getConfig(),
			...{ kernelSize, strides, padding, dilation, groups, useBias },
			...(filters !== undefined && { filters }),
		};
	}
}
tf.serialization.registerClass(Convolution2d);

/** Makes a {@link Convolution2d} layer. */
export function convolution2dLayer(args: Convolution2dLayerArgs = {}): Convolution2d {
	return new Convolution2d(args);
}
