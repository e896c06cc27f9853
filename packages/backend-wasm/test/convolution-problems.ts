import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";

/** A convolution of any size; with a multiplier a depthwise one, whose output channels are channels · multiplier. */
export interface ConvolutionProblem {
	readonly image: [number, number, number, number];
	readonly filter: [number, number, number, number];
	readonly strides: [number, number];
	readonly dilations: [number, number];
	readonly pad: "same" | "valid" | number | tf.backend_util.ExplicitPadding;
	readonly dimRoundingMode: "floor" | "round" | "ceil" | undefined;
	readonly seed: number;
}

const size = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const pair = (min: number, max: number): fc.Arbitrary<[number, number]> =>
	fc.tuple(size(min, max), size(min, max));

/**
 * Random problems that have an output. Images are large enough to cross the borders of blocks of pixels, tiles and vectors;
 * sometimes the filter is larger than the image, or the stride than the filter.
 */
export function convolutionProblems(depthwise: boolean): fc.Arbitrary<ConvolutionProblem> {
	const ones = fc.constant<[number, number]>([1, 1]);
	const signal = size(1, 140).map((length): [number, number] => [1, length]);
	const channels = depthwise ? fc.oneof(size(1, 9), size(14, 37)) : fc.oneof(size(1, 5), size(6, 20));
	const last = depthwise ? size(1, 4) : fc.oneof(size(1, 9), size(14, 37));
	const explicit = fc
		.tuple(pair(0, 3), pair(0, 3))
		.map(([rows, columns]): tf.backend_util.ExplicitPadding => [[0, 0], rows, columns, [0, 0]]);
	return fc
		.record({
			batch: size(1, 3),
			image: fc.oneof(pair(1, 7), pair(4, 14), signal),
			channels,
			filter: fc.oneof(pair(1, 4), ones, pair(1, 6)),
			last,
			strides: fc.oneof(ones, pair(1, 4)),
			dilations: fc.oneof(ones, pair(1, 3)),
			pad: fc.oneof(fc.constantFrom("same" as const, "valid" as const), size(0, 3), explicit),
			dimRoundingMode: fc.constantFrom(undefined, "floor" as const, "round" as const, "ceil" as const),
			seed: fc.nat(),
		})
		.map(
			({ batch, image, channels, filter, last, ...rest }): ConvolutionProblem => ({
				...rest,
				image: [batch, ...image, channels],
				filter: [...filter, channels, last],
				dimRoundingMode: typeof rest.pad === "string" ? undefined : rest.dimRoundingMode,
			}),
		)
		.filter((problem) => infoOf(problem, depthwise).outShape.every((length) => length > 0));
}

/** The host's shape arithmetic. */
export function infoOf(p: ConvolutionProblem, depthwise: boolean): tf.backend_util.Conv2DInfo {
	return tf.backend_util.computeConv2DInfo(
		p.image,
		p.filter,
		p.strides,
		p.dilations,
		p.pad,
		p.dimRoundingMode,
		depthwise,
	);
}

/**
 * The convolution and both gradients by their definition, in float64, with the sums of the absolute values of their terms,
 * which say how exact a float32 can be.
 */
export function convolutionReference(
	info: tf.backend_util.Conv2DInfo,
	depthwise: boolean,
	[x, filter, dy]: readonly [ArrayLike<number>, ArrayLike<number>, ArrayLike<number>],
): Record<
	"output" | "filterGrad" | "inputGrad",
	{ readonly sums: Float64Array; readonly sizes: Float64Array }
> {
	const make = (length: number): { readonly sums: Float64Array; readonly sizes: Float64Array } => ({
		sums: new Float64Array(length),
		sizes: new Float64Array(length),
	});
	const [output, filterGrad, inputGrad] = [make(dy.length), make(filter.length), make(x.length)];
	const add = (to: typeof output, at: number, term: number): void => {
		to.sums[at] = (to.sums[at] ?? 0) + term;
		to.sizes[at] = (to.sizes[at] ?? 0) + Math.abs(term);
	};
	const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = info;
	const per = depthwise ? outChannels / inChannels : outChannels;
	for (let b = 0; b < info.batchSize; b++) {
		for (let y = 0; y < outHeight; y++) {
			for (let w = 0; w < outWidth; w++) {
				for (let r = 0; r < info.filterHeight; r++) {
					const row = y * info.strideHeight + r * info.dilationHeight - padInfo.top;
					if (row < 0 || row >= inHeight) continue;
					for (let s = 0; s < info.filterWidth; s++) {
						const column = w * info.strideWidth + s * info.dilationWidth - padInfo.left;
						if (column < 0 || column >= inWidth) continue;
						for (let i = 0; i < inChannels; i++) {
							const inAt = ((b * inHeight + row) * inWidth + column) * inChannels + i;
							for (let m = 0; m < per; m++) {
								const tap = ((r * info.filterWidth + s) * inChannels + i) * per + m;
								const outAt =
									((b * outHeight + y) * outWidth + w) * outChannels + (depthwise ? i * per + m : m);
								const [value, weight, gradient] = [x[inAt] ?? 0, filter[tap] ?? 0, dy[outAt] ?? 0];
								add(output, outAt, value * weight);
								add(filterGrad, tap, value * gradient);
								add(inputGrad, inAt, weight * gradient);
							}
						}
					}
				}
			}
		}
	}
	return { output, filterGrad, inputGrad };
}
