import { HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { layers, Shape, SymbolicTensor } from "@tensorflow/tfjs-layers";
import { type AttentionRecord, isCapturing, recordAttention } from "./capture-attention.ts";
import { SeededLayer, type SeededLayerArgs } from "./seeded-layer.ts";

/** Arguments that every attention layer takes. */
export interface AttentionLayerArgs extends SeededLayerArgs {
	/** Return `[output, weights]` instead of `output`. Default false. */
	readonly returnAttention?: boolean;
}

/**
 * The base of every attention layer. Beside what {@link SeededLayer} does, it settles what `tf.layers` leaves
 * open about attention:
 *
 * - **masks** are explicit inputs of type bool (true = attend), at the end of the input list, because the host hands
 *   `call` only the mask of the first input. The mask of an `Embedding({maskZero: true})` or `Masking` directly in front
 *   is found as well, and holds beside an explicit one: what either hides is hidden. One that arrives from farther away
 *   is refused, as it would be lost, unless there is an explicit one, which then has to say it all;
 * - **weights of attention** come out as a second output with `returnAttention: true`, and are reported to
 *   {@link captureAttention} by {@link recordAttention}.
 *
 * When not to extend it: for a layer that does not attend, see {@link SeededLayer}.
 */
export abstract class AttentionLayer extends SeededLayer {
	protected readonly returnAttention: boolean;
	/** Whether the last input of the running call is a mask. */
	private maskGiven = false;

	/**
	 * @param args What the user gave.
	 * @param known The names of a subclass's own arguments, so that an unknown one can be refused.
	 */
	constructor(args: AttentionLayerArgs, known: readonly string[]) {
		super(args, [...known, "returnAttention"]);
		this.returnAttention = args.returnAttention ?? false;
	}

	/** Notes whether a mask is given, which `build` and `computeOutputShape` cannot tell from shapes alone. */
	override apply<T extends tf.Tensor | tf.Tensor[] | SymbolicTensor | SymbolicTensor[]>(
		inputs: T,
		kwargs?: Parameters<layers.Layer["apply"]>[1],
	): ReturnType<layers.Layer["apply"]> {
		this.maskGiven = Array.isArray(inputs) && this.endsWithMask(inputs);
		const mask = this.maskGiven ? (inputs as tf.Tensor[]).at(-1) : undefined;
		if (mask === undefined || mask.dtype === "bool" || !("dataId" in mask))
			return super.apply(inputs, kwargs);
		// The host looks at the inputs for the mask of the output, so that `call` alone must not see another one.
		return tf.tidy(() => {
			const cast = [...(inputs as tf.Tensor[]).slice(0, -1), tf.cast(mask, "bool")];
			return super.apply(cast, kwargs) as tf.Tensor;
		});
	}

	/** Whether the last of the inputs is a mask: here, if it is one of several and bool. */
	protected endsWithMask(inputs: readonly { readonly dtype: tf.DataType }[]): boolean {
		return inputs.length > 1 && inputs.at(-1)?.dtype === "bool";
	}

	/**
	 * The tensors of a call as a list, and the mask that stood at its end: the host passes one tensor or several,
	 * depending on who calls.
	 */
	protected splitInputs(inputs: tf.Tensor | tf.Tensor[]): {
		tensors: tf.Tensor[];
		mask: tf.Tensor | undefined;
	} {
		const all = Array.isArray(inputs) ? inputs : [inputs];
		if (!this.maskGiven) return { tensors: all, mask: undefined };
		return { tensors: all.slice(0, -1), mask: all.at(-1) };
	}

	/** The shapes of a `build` or of `computeOutputShape` as a list, without that of a mask. */
	protected shapeList(shapes: Shape | Shape[]): Shape[] {
		const all = Array.isArray(shapes[0]) ? (shapes as Shape[]) : [shapes as Shape];
		return this.maskGiven ? all.slice(0, -1) : all;
	}

	/** The mask that an `Embedding` or `Masking` directly in front attached to a tensor, if any. */
	protected attachedMask(tensor: tf.Tensor): tf.Tensor | undefined {
		return (tensor as tf.Tensor & { kerasMask?: tf.Tensor | null }).kerasMask ?? undefined;
	}

	/**
	 * What may be seen of a tensor: where an explicit mask, of rank 2 to 4 with its positions last, and the attached one agree. One
	 * that is attached to parts of what the explicit one speaks of, as to the pixels of frames, does not count beside it.
	 */
	protected joinedMask(mask: tf.Tensor | undefined, tensor: tf.Tensor): tf.Tensor | undefined {
		const attached = this.attachedMask(tensor);
		if (mask === undefined || attached === undefined) return mask ?? attached;
		if (attached.rank > mask.rank) return mask;
		const [batch = 1, ...positions] = attached.shape;
		const between = new Array<number>(mask.rank - attached.rank).fill(1);
		return tf.logicalAnd(tf.cast(mask, "bool"), tf.reshape(attached, [batch, ...between, ...positions]));
	}

	/** Reports where this layer looked, if a capture runs. */
	protected record(
		record: Omit<AttentionRecord, "layer" | "meta"> & { meta?: AttentionRecord["meta"] },
	): void {
		recordAttention({ layer: this.name, ...record });
	}

	/** True when weights must be computed: they are an output, or somebody captures. */
	protected get wantsWeights(): boolean {
		return this.returnAttention || isCapturing();
	}

	/** Position in the input list of the tensor whose items are attended to. */
	protected keyInput(count: number): number {
		return count > 1 ? 1 : 0;
	}

	/** Whether the output has the positions that the mask of the query speaks of; else it gets no mask. */
	protected passesMask(): boolean {
		return true;
	}

	/**
	 * Passes the mask of the query on to the output, and refuses to lose the mask of the keys.
	 *
	 * @throws HeedError `UNSUPPORTED` when the keys have a mask that `call` could not see.
	 */
	override computeMask(
		inputs: tf.Tensor | tf.Tensor[],
		mask?: tf.Tensor | tf.Tensor[],
	): tf.Tensor | tf.Tensor[] {
		const { tensors } = this.splitInputs(inputs);
		const masks: (tf.Tensor | null | undefined)[] = Array.isArray(mask) ? mask : [mask];
		const index = this.keyInput(tensors.length);
		const key = tensors[index];
		if (masks[index] && !this.maskGiven && key !== undefined && this.attachedMask(key) === undefined) {
			throw new HeedError(
				"UNSUPPORTED",
				this.where,
				"the mask of the keys comes through other layers, and tf.layers does not hand it on. " +
					"Pass it as a last input of type bool, true where a key may be attended to.",
			);
		}
		// The host accepts null here, though its types do not say so.
		const outputMask = ((this.passesMask() ? masks[0] : null) ?? null) as tf.Tensor;
		return this.returnAttention ? [outputMask, null as unknown as tf.Tensor] : outputMask;
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), returnAttention: this.returnAttention };
	}
}
