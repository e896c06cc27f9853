import { checkChoice, checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import { MultiHeadBlock, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { GruCell, type GruCellOptions } from "./gru-cell.ts";
import { LstmCell } from "./lstm-cell.ts";
import { QrnnCell } from "./qrnn-cell.ts";
import type { RecurrentCell, RecurrentState } from "./recurrent-cell.ts";

/** A function that a model applies between layers, dropout for instance. */
export type BetweenLayers = <T extends tf.Tensor>(x: T) => T;

/** Attention of the outputs of a recurrent layer to each other, as in Tan et al. 2017, https://arxiv.org/abs/1712.01586. */
export interface LayerSelfAttention {
	/** Number of heads; must divide the size of a layer's output. */
	readonly heads: number;
	/** Add what was found to the outputs, or put it in their place. Default true. */
	readonly residual?: boolean | undefined;
}

/** What a stack of recurrent layers is made of. */
export interface RecurrentStackOptions {
	/** Size of the state of one direction. */
	readonly units: number;
	/** Default `gru`. */
	readonly cell?: RecurrentCell["kind"] | undefined;
	/** Default 1. */
	readonly layers?: number | undefined;
	/** Read backward as well. Default true. */
	readonly bidirectional?: boolean | undefined;
	/** Let every position look at all others after each layer. Default: none. */
	readonly selfAttention?: LayerSelfAttention | undefined;
	/** Of `gru`: see `GruCell`. Default true. */
	readonly resetAfter?: boolean | undefined;
}

/** The names of {@link RecurrentStackOptions}. */
export const stackOptionNames = [
	"units",
	"cell",
	"layers",
	"bidirectional",
	"selfAttention",
	"resetAfter",
] as const;

/** What a stack makes of a sequence. */
export interface StackResult {
	/** Zero where nothing counts, `[time, batch, units · directions]`. */
	readonly outputs: tf.Tensor3D;
	/** The last state of each layer and direction: `state[layer][direction]`. */
	readonly state: RecurrentState[][];
}

/**
 * Recurrent layers on vectors, in one direction or both, with self-attention after each if wanted:
 *
 *     x = [forward(x); backward(x)];   x = x + MultiHead(x, x, x)          or MultiHead(x, x, x) alone
 *
 * Nothing is normalised: what a recurrent layer gives is bounded, and a stack is not deep. Weights: `<layer>/<direction>/…` of
 * the cells and `<layer>/attention/…` of a `MultiHeadBlock`.
 */
export class RecurrentStack {
	/** Size of an output. */
	readonly outputSize: number;
	readonly cells: readonly (readonly RecurrentCell[])[];
	readonly #attention: readonly MultiHeadBlock[];
	readonly #residual: boolean;

	/** @param options Checked by {@link checkStackOptions}. */
	constructor(parameters: ParameterScope, inputSize: number, options: RecurrentStackOptions) {
		const { units, cell = "gru", layers = 1, bidirectional = true, selfAttention, resetAfter } = options;
		const directions = bidirectional ? ["forward", "backward"] : ["forward"];
		this.outputSize = units * directions.length;
		this.cells = Array.from({ length: layers }, (_, layer) =>
			directions.map((direction) =>
				makeCell(parameters.scope(`${layer}/${direction}`), cell, {
					inputSize: layer === 0 ? inputSize : this.outputSize,
					units,
					resetAfter,
				}),
			),
		);
		this.#residual = selfAttention?.residual ?? true;
		this.#attention = this.cells.flatMap((_, layer) => {
			if (selfAttention === undefined) return [];
			const name = `${layer}/attention`;
			const sizes = { querySize: this.outputSize, numHeads: selfAttention.heads };
			return [new MultiHeadBlock(parameters.scope(name), { name, ...sizes })];
		});
	}

	/**
	 * @param x `[time, batch, inputSize]`.
	 * @param live 1 for a step that counts, 0 for padding, `[time, batch]`. Default: all count.
	 * @param between Applied to what every self-attention found and to the output of every layer.
	 */
	run(x: tf.Tensor3D, live: tf.Tensor2D | undefined, between: BetweenLayers): StackResult {
		const batch = x.shape[1];
		const state: RecurrentState[][] = [];
		let outputs = x;
		this.cells.forEach((directions, layer) => {
			const results = directions.map((cell, direction) =>
				cell.sequence(outputs, cell.zeroState(batch), { ...(live && { live }), reverse: direction === 1 }),
			);
			state.push(results.map((result) => result.state));
			const parts = results.map((result) => result.outputs);
			const joined = parts.length === 1 ? (parts[0] as tf.Tensor3D) : tf.concat(parts, 2); // [T, B, M]
			const block = this.#attention[layer];
			outputs = between(block === undefined ? joined : this.#lookAround(block, joined, live, between));
		});
		return { outputs, state };
	}

	#lookAround(
		block: MultiHeadBlock,
		x: tf.Tensor3D,
		live: tf.Tensor2D | undefined,
		between: BetweenLayers,
	): tf.Tensor3D {
		const [time, batch] = x.shape;
		const rows: tf.Tensor3D = tf.transpose(x, [1, 0, 2]); // [B, T, M]
		const mask =
			live && (tf.reshape(tf.cast(tf.transpose(live), "bool"), [batch, 1, 1, time]) as tf.Tensor4D);
		const { output } = block.attend(rows, rows, rows, { mask });
		const found: tf.Tensor3D = between(tf.transpose(output, [1, 0, 2])); // [T, B, M]
		const sum: tf.Tensor3D = this.#residual ? tf.add(x, found) : found;
		return live === undefined ? sum : tf.mul(sum, tf.reshape(live, [time, batch, 1]));
	}
}

/** Refuses what a stack cannot be made of. */
export function checkStackOptions(where: string, options: RecurrentStackOptions): void {
	const { units, cell = "gru", layers = 1, bidirectional = true, selfAttention } = options;
	checkNumber(where, "units", units, { integer: true, min: 1 });
	checkNumber(where, "layers", layers, { integer: true, min: 1 });
	checkChoice(where, "cell", cell, ["gru", "lstm", "qrnn"]);
	checkFlag(where, "bidirectional", bidirectional);
	checkResetAfter(where, options.resetAfter, cell);
	checkSelfAttention(where, selfAttention, bidirectional ? 2 * units : units);
}

/** Refuses a way to reset that is none, or that a cell does not have. */
export function checkResetAfter(where: string, resetAfter: boolean | undefined, ...cells: string[]): void {
	if (resetAfter === undefined) return;
	checkFlag(where, "resetAfter", resetAfter);
	if (resetAfter || cells.includes("gru")) return;
	const message = `\`resetAfter\` is false, which goes with \`cell\` 'gru' alone; it is '${cells[0]}'. Leave it out.`;
	throw new HeedError("OPTION", where, message);
}

/** Refuses self-attention that does not fit the outputs of a layer. */
export function checkSelfAttention(
	where: string,
	selfAttention: LayerSelfAttention | undefined,
	size: number,
): void {
	if (selfAttention === undefined) return;
	checkOptions(`${where} selfAttention`, selfAttention, ["heads", "residual"]);
	checkNumber(where, "selfAttention.heads", selfAttention.heads, { integer: true, min: 1 });
	checkFlag(where, "selfAttention.residual", selfAttention.residual ?? true);
	if (size % selfAttention.heads === 0) return;
	const message = `\`selfAttention.heads\` is ${selfAttention.heads}, which does not divide the ${size} outputs of a layer. Choose another number.`;
	throw new HeedError("OPTION", where, message);
}

/** A cell by its name. */
export function makeCell(
	parameters: ParameterScope,
	kind: RecurrentCell["kind"],
	{ resetAfter, ...sizes }: GruCellOptions,
): RecurrentCell {
	switch (kind) {
		case "gru":
			return new GruCell(parameters, { ...sizes, resetAfter });
		case "lstm":
			return new LstmCell(parameters, sizes);
		case "qrnn":
			return new QrnnCell(parameters, sizes);
	}
}
