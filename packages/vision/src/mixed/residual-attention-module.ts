import { checkChoice, checkFlag, checkNumber, HeedError, maxPool, resizeBilinear } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import {
	type ImageAttended,
	ImageAttention,
	type ImageAttentionCall,
	type ImageSizes,
} from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { type MaskActivation, maskActivations } from "./mask-activation.ts";
import {
	activated,
	inSequence,
	type MapStep,
	makeConvolution,
	makeNormed,
	makePreActivated,
	makeResidualUnit,
	makeResnextUnit,
	type ResidualUnitArgs,
	resnextChannels,
	resolveUnit,
	unitNames,
} from "./residual-unit.ts";

/** Arguments of {@link residualAttentionModule}. */
export interface ResidualAttentionModuleArgs extends AttentionLayerArgs, ResidualUnitArgs {
	/** Units before the branches, and as many after them. Default 1. */
	readonly p?: number | undefined;
	/** Units of the trunk. Default 2. */
	readonly t?: number | undefined;
	/** Units of the mask branch between two changes of size. Default 1. */
	readonly r?: number | undefined;
	/** How often the mask branch halves the map: 3, 2, 1 in the three stages of the paper. Default 3. */
	readonly depth?: number | undefined;
	/** What becomes of the scores. Default `mixed`, see {@link ResidualAttentionModule}. */
	readonly activation?: MaskActivation | undefined;
	/** `(1 + m) · trunk` (default); false: `m · trunk`, which fades away in deep networks. */
	readonly residual?: boolean | undefined;
	/** `single` (default), as released; `double`: as in the ports, which add what was there before as well. */
	readonly skip?: "single" | "double" | undefined;
	/** How the mask grows back. Default `align-corners`, as in Caffe. */
	readonly coordinates?: "align-corners" | "half-pixel" | undefined;
	/** Of the 3×3 maxima: `same` (default), as in Caffe for even sizes, or `1`, a pixel on each side, as in PyTorch. */
	readonly poolPadding?: "same" | 1 | undefined;
}

/**
 * The module of the residual attention network: a trunk, and beside it a branch that shrinks and grows the map to see where and
 * what of the trunk counts.
 *
 *     z = p units of x;   trunk = t units of z
 *     mask branch of z:   (max 3×3 every 2nd pixel, r units) depth times, r units,
 *                         (grow, add a unit of what had this size, r units) depth − 1 times, grow
 *     m = f((conv1×1 ∘ relu ∘ norm)² of it)                                               [B, H, W, C]
 *     y = p units of (1 + m) · trunk
 *
 * | `activation` | f |
 * | --- | --- |
 * | `mixed` | sigmoid(s) |
 * | `channel` | s / √(Σ over channels of s²) |
 * | `spatial` | sigmoid((s − mean) / deviation), of a channel over its pixels |
 *
 * A unit is norm-relu-1×1(C/4)-norm-relu-3×3-norm-relu-1×1 plus its input. With `unit: 'resnext'` it is
 * relu(1×1(C/2)-norm-relu-3×3 in groups-norm-relu-1×1-norm plus its input), and the scores are conv1×1-norm-relu-conv1×1: so are those
 * of the released AttentionNeXt-56. With `skip: 'double'` growing also adds what the branch had at this size, and at last the trunk.
 * Any size of image will do: halves are rounded up. Input: {@link ImageAttention}, without a mask. Map: m,
 * `[batch, height, width, channels]`; records have the kind `element`. It is of what comes between the units, so y is not a product
 * of x.
 *
 * Weights: `before/0` and on, `trunk/0`, `down/0/0` (level, unit), `skip/0`, `up/0/0` from the smallest level, `score/0`,
 * `score/1`, `after/0`; (2p + t + 2 · r · depth + depth − 1) · (17 C² / 16 + 3 C) + 2 C² + 4 C in all, or of `resnext`
 * (…) · (C² + 9 C² / (4 groups) + 4 C) + 2 C² + 2 C.
 *
 * Wang et al. 2017, "Residual Attention Network for Image Classification", https://arxiv.org/abs/1704.06904
 *
 * When not to use it: where a network of its own size is too much to decide what counts; {@link Cbam} costs a hundredth.
 *
 * @throws HeedError at construction, build or call.
 */
export class ResidualAttentionModule extends ImageAttention {
	static readonly className = "HeedResidualAttentionModule";
	readonly kind = "element";
	protected readonly axes: readonly string[] = ["batch", "height", "width", "channel"];
	protected override readonly takesMask = false;
	readonly p: number;
	readonly t: number;
	readonly r: number;
	readonly depth: number;
	readonly activation: MaskActivation;
	readonly residual: boolean;
	readonly skip: "single" | "double";
	readonly coordinates: "align-corners" | "half-pixel";
	readonly poolPadding: "same" | 1;
	readonly unit: "residual" | "resnext";
	readonly groups: number;
	#made: Branches | undefined;

	constructor(args: ResidualAttentionModuleArgs = {}) {
		const own = ["p", "t", "r", "depth", "activation", "residual", "skip", "coordinates", "poolPadding"];
		super(args, [...own, ...unitNames]);
		const { where } = this;
		const { unit, groups } = resolveUnit(where, args);
		const { p = 1, t = 2, r = 1, depth = 3, activation = "mixed", residual = true } = args;
		const { skip = "single", coordinates = "align-corners", poolPadding = "same" } = args;
		for (const [name, count] of Object.entries({ p, t, r, depth })) {
			checkNumber(where, name, count, { integer: true, min: name === "p" ? 0 : 1 });
		}
		checkChoice(where, "activation", activation, Object.keys(maskActivations));
		checkFlag(where, "residual", residual);
		checkChoice(where, "skip", skip, ["single", "double"]);
		checkChoice(where, "coordinates", coordinates, ["align-corners", "half-pixel"]);
		if (poolPadding !== 1) checkChoice(where, "poolPadding", poolPadding, ["same"]);
		this.p = p;
		this.t = t;
		this.r = r;
		this.depth = depth;
		this.activation = activation;
		this.residual = residual;
		this.skip = skip;
		this.coordinates = coordinates;
		this.poolPadding = poolPadding;
		this.unit = unit;
		this.groups = groups;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const { p, t, r, depth } = this;
		this.#checkGroups(channels);
		const one = (path: string): MapStep =>
			this.unit === "resnext"
				? makeResnextUnit(parts.scope(path), channels, this.groups)
				: makeResidualUnit(parts.scope(path), channels);
		const units = (path: string, count: number): MapStep =>
			inSequence(Array.from({ length: count }, (_, i) => one(`${path}/${i}`)));
		const levels = (path: string): MapStep[] =>
			Array.from({ length: depth }, (_, level) => units(`${path}/${level}`, r));
		this.#made = {
			before: units("before", p),
			trunk: units("trunk", t),
			down: levels("down"),
			skips: Array.from({ length: depth - 1 }, (_, i) => one(`skip/${i}`)),
			up: levels("up"),
			score: this.#makeScore(parts.scope("score"), channels),
			after: units("after", p),
		};
	}

	#makeScore(parts: LayerParts, channels: number): MapStep {
		const pointwise = { size: 1, inputSize: channels, outputSize: channels };
		const [first, second] = [parts.scope("0"), parts.scope("1")];
		return this.unit === "resnext"
			? inSequence([makeNormed(first, pointwise), activated, makeConvolution(second, pointwise)])
			: inSequence([makePreActivated(first, pointwise), makePreActivated(second, pointwise)]);
	}

	#checkGroups(channels: number): void {
		const inside = resnextChannels(channels);
		if (inside % this.groups === 0) return;
		const message = `x has ${channels} channels, which makes ${inside} inside the units; these do not fall into ${this.groups} equal groups. Give a divisor of ${inside} as \`groups\`.`;
		throw new HeedError("SHAPE", this.where, message);
	}

	protected attend({ x, training }: ImageAttentionCall): ImageAttended {
		const { before, trunk, score, after } = this.made(this.#made);
		const start: tf.Tensor4D = before(x, training);
		const features: tf.Tensor4D = trunk(start, training);
		const grown = this.#shrinkAndGrow(start, features, training);
		const weights = maskActivations[this.activation](score(grown, training)); // [B, H, W, C]
		const chosen: tf.Tensor4D = tf.mul(features, this.residual ? tf.add(weights, 1) : weights);
		return { output: after(chosen, training), weights };
	}

	#shrinkAndGrow(start: tf.Tensor4D, trunk: tf.Tensor4D, training: boolean): tf.Tensor4D {
		const { down, skips, up } = this.made(this.#made);
		const double = this.skip === "double";
		const levels: tf.Tensor4D[] = [];
		for (const units of down) {
			const pooled = maxPool(levels.at(-1) ?? start, 3, { strides: 2, padding: this.poolPadding });
			levels.push(units(pooled, training));
		}
		const skipped = skips.map((skip, i) => skip(levels[i] as tf.Tensor4D, training));
		const deepest = levels.at(-1) as tf.Tensor4D;
		return up.reduce((seen, units, i) => {
			const level = levels[levels.length - 2 - i]; // of the size to grow to; none: that of the trunk
			const { shape } = level ?? trunk;
			const grown = resizeBilinear(units(seen, training), [shape[1], shape[2]], {
				coordinates: this.coordinates,
			});
			if (level === undefined) return double ? tf.add(grown, trunk) : grown;
			const kept = skipped[levels.length - 2 - i] as tf.Tensor4D;
			return tf.addN(double ? [grown, level, kept] : [grown, kept]) as tf.Tensor4D;
		}, deepest);
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { p, t, r, depth, activation, residual, skip, coordinates, poolPadding, unit, groups } = this;
		return {
			...{ ...super.getConfig(), p, t, r, depth, activation, residual, skip, coordinates, poolPadding },
			...(unit === "resnext" && { unit, groups }),
		};
	}
}
tf.serialization.registerClass(ResidualAttentionModule);

/** Makes a {@link ResidualAttentionModule} layer. */
export function residualAttentionModule(args: ResidualAttentionModuleArgs = {}): ResidualAttentionModule {
	return new ResidualAttentionModule(args);
}

interface Branches {
	readonly before: MapStep;
	readonly trunk: MapStep;
	/** From the first halving down. */
	readonly down: readonly MapStep[];
	/** Of every level but the smallest. */
	readonly skips: readonly MapStep[];
	/** From the smallest level up. */
	readonly up: readonly MapStep[];
	readonly score: MapStep;
	readonly after: MapStep;
}
