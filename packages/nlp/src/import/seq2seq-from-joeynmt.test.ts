import { describeOnEveryBackend, expectClose, expectNoLeak, randomSource } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { seq2seqFromJoeyNmt } from "./seq2seq-from-joeynmt.ts";

type Rows = number[][];
interface Shape {
	readonly cell: "gru" | "lstm";
	readonly attention: "bahdanau" | "luong";
	readonly feeding: boolean;
	readonly bridge: boolean;
	readonly layers: number;
}

const [sourceIds, targetIds, embed, units] = [11, 7, 3, 5];

/** A file as JoeyNMT writes it, filled at random; vectors are rows. */
function makeFile({ cell, attention, feeding, bridge, layers }: Shape): Record<string, Rows> {
	const random = randomSource(3);
	const fill = (rows: number, columns: number): Rows =>
		Array.from({ length: rows }, () =>
			Array.from({ length: columns }, () => Math.fround(random.normal() / 2)),
		);
	const gates = (cell === "gru" ? 3 : 4) * units;
	const file: Record<string, Rows> = {
		"src_embed.lut.weight": fill(sourceIds, embed),
		"trg_embed.lut.weight": fill(targetIds, embed),
		"decoder.attention.key_layer.weight": fill(units, 2 * units),
		"decoder.att_vector_layer.weight": fill(units, 3 * units),
		"decoder.att_vector_layer.bias": fill(1, units),
		"decoder.output_layer.weight": fill(targetIds, units),
	};
	if (attention === "bahdanau") {
		file["decoder.attention.query_layer.weight"] = fill(units, units);
		file["decoder.attention.energy_layer.weight"] = fill(1, units);
	}
	if (bridge) {
		file["decoder.bridge_layer.weight"] = fill(units, 2 * units);
		file["decoder.bridge_layer.bias"] = fill(1, units);
	}
	const addCell = (prefix: string, suffix: string, input: number): void => {
		file[`${prefix}.weight_ih${suffix}`] = fill(gates, input);
		file[`${prefix}.weight_hh${suffix}`] = fill(gates, units);
		file[`${prefix}.bias_ih${suffix}`] = fill(1, gates);
		file[`${prefix}.bias_hh${suffix}`] = fill(1, gates);
	};
	for (let i = 0; i < layers; i++) {
		for (const suffix of [`_l${i}`, `_l${i}_reverse`])
			addCell("encoder.rnn", suffix, i === 0 ? embed : 2 * units);
		addCell("decoder.rnn", `_l${i}`, i === 0 ? embed + (feeding ? units : 0) : units);
	}
	return file;
}

const toTensors = (file: Record<string, Rows>): Record<string, tf.Tensor> =>
	Object.fromEntries(
		Object.entries(file).map(([name, rows]) => [
			name,
			name.includes("bias") ? tf.tensor1d(rows[0] as number[]) : tf.tensor2d(rows),
		]),
	);

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * Number(b[i]), 0);
const times = (matrix: Rows, x: number[]): number[] => matrix.map((row) => dot(row, x));

/** JoeyNMT's model in plain numbers, from its formulas: the logits of every step of one pair. */
function reference(shape: Shape, file: Record<string, Rows>, source: number[], target: number[]): Rows {
	const weight = (name: string): Rows => file[name] as Rows;
	const row = (name: string, index = 0): number[] => weight(name)[index] as number[];
	type State = [h: number[], c: number[]];
	const zero = (): State => [new Array<number>(units).fill(0), new Array<number>(units).fill(0)];
	const step = (prefix: string, suffix: string, x: number[], [h, c]: State): State => {
		const of = (side: string, input: number[]): number[] =>
			times(weight(`${prefix}.weight_${side}${suffix}`), input).map(
				(value, i) => value + Number(row(`${prefix}.bias_${side}${suffix}`)[i]),
			);
		const [a, b] = [of("ih", x), of("hh", h)];
		const gate = (index: number, i: number): number =>
			Number(a[index * units + i]) + Number(b[index * units + i]);
		if (shape.cell === "gru") {
			const next = h.map((old, i) => {
				const [r, z] = [sigmoid(gate(0, i)), sigmoid(gate(1, i))];
				const n = Math.tanh(Number(a[2 * units + i]) + r * Number(b[2 * units + i]));
				return (1 - z) * n + z * old;
			});
			return [next, c];
		}
		const memory = c.map((old, i) => sigmoid(gate(1, i)) * old + sigmoid(gate(0, i)) * Math.tanh(gate(2, i)));
		return [memory.map((value, i) => sigmoid(gate(3, i)) * Math.tanh(value)), memory];
	};
	let memory = source.map((id) => row("src_embed.lut.weight", id));
	let ends: number[] = [];
	for (let i = 0; i < shape.layers; i++) {
		const read = (inputs: Rows, suffix: string): Rows => {
			let state = zero();
			return inputs.map((x) => {
				state = step("encoder.rnn", suffix, x, state);
				return state[0];
			});
		};
		const forward = read(memory, `_l${i}`);
		const backward = read([...memory].reverse(), `_l${i}_reverse`);
		ends = [...(forward.at(-1) as number[]), ...(backward.at(-1) as number[])];
		memory = forward.map((h, t) => [...h, ...(backward[source.length - 1 - t] as number[])]);
	}
	let states = Array.from({ length: shape.layers }, zero);
	if (shape.bridge) {
		const bias = row("decoder.bridge_layer.bias");
		const start = times(weight("decoder.bridge_layer.weight"), ends).map((x, i) =>
			Math.tanh(x + Number(bias[i])),
		);
		states = states.map(([, c]) => [start, c]);
	}
	const keys = memory.map((m) => times(weight("decoder.attention.key_layer.weight"), m));
	let fed = new Array<number>(units).fill(0);
	return target.map((id) => {
		let x = [...row("trg_embed.lut.weight", id), ...(shape.feeding ? fed : [])];
		states = states.map((state, i) => {
			const next = step("decoder.rnn", `_l${i}`, x, state);
			x = next[0];
			return next;
		});
		const scores = keys.map((key) => {
			if (shape.attention === "luong") return dot(key, x);
			const query = times(weight("decoder.attention.query_layer.weight"), x);
			return dot(
				row("decoder.attention.energy_layer.weight"),
				query.map((q, i) => Math.tanh(q + Number(key[i]))),
			);
		});
		const exps = scores.map(Math.exp);
		const total = exps.reduce((sum, value) => sum + value, 0);
		const context = (memory[0] as number[]).map((_, d) =>
			memory.reduce((sum, m, s) => sum + (Number(exps[s]) / total) * Number(m[d]), 0),
		);
		const bias = row("decoder.att_vector_layer.bias");
		fed = times(weight("decoder.att_vector_layer.weight"), [...x, ...context]).map((v, i) =>
			Math.tanh(v + Number(bias[i])),
		);
		return times(weight("decoder.output_layer.weight"), fed);
	});
}

const shapes: Shape[] = [
	{ cell: "gru", attention: "bahdanau", feeding: true, bridge: true, layers: 1 },
	{ cell: "gru", attention: "luong", feeding: false, bridge: true, layers: 2 },
	{ cell: "lstm", attention: "luong", feeding: true, bridge: false, layers: 2 },
	{ cell: "lstm", attention: "bahdanau", feeding: false, bridge: false, layers: 1 },
];

describeOnEveryBackend("seq2seqFromJoeyNmt", () => {
	it.each(shapes)("computes what JoeyNMT computes: %o", (shape) => {
		const file = makeFile(shape);
		const tensors = toTensors(file);
		const before = tf.memory().numTensors;
		const { model, missing, unused } = seq2seqFromJoeyNmt(tensors);
		expect([missing, unused]).toEqual([[], []]);
		const [source, target] = [
			[5, 9, 4, 10],
			[1, 4, 6, 3],
		];
		tf.tidy(() => {
			const logits = model.logits({
				source: tf.tensor2d([source], undefined, "int32"),
				sourceLengths: tf.tensor1d([4], "int32"),
				target: tf.tensor2d([[...target, 2]], undefined, "int32"),
				targetLengths: tf.tensor1d([5], "int32"),
			});
			expectClose(logits, reference(shape, file, source, target).flat(), { atol: 2e-5 });
		});
		model.dispose();
		expect(tf.memory().numTensors).toBe(before);
	});

	it("says what is missing and unused, what it cannot do, and leaves nothing behind", () => {
		const [shape] = shapes as [Shape];
		const { "decoder.att_vector_layer.bias": _, ...rest } = toTensors(makeFile(shape));
		const odd = { ...rest, "decoder.gate.weight": tf.zeros([2]) };
		const refused = (): unknown => seq2seqFromJoeyNmt(odd).missing;
		expect(refused).toThrow(
			"the file lacks `decoder.att_vector_layer.bias`; nobody reads `decoder.gate.weight`",
		);
		expectNoLeak(refused as never, { throws: true });
		const { model, missing, unused } = seq2seqFromJoeyNmt(new Map(Object.entries(odd)), { strict: false });
		expect([missing, unused]).toEqual([["decoder.att_vector_layer.bias"], ["decoder.gate.weight"]]);
		model.dispose();
		const bridged = toTensors(makeFile({ ...shape, cell: "lstm" }));
		expect(() => seq2seqFromJoeyNmt(bridged)).toThrow("it is an LSTM with a bridge");
		const { "encoder.rnn.bias_hh_l0": __, ...lopsided } = toTensors(
			makeFile({ ...shape, cell: "lstm", bridge: false }),
		);
		expect(() => seq2seqFromJoeyNmt(lopsided)).toThrow("`encoder.rnn.bias_hh_l0` is missing; expected [20]");
		expect(() => seq2seqFromJoeyNmt(null as never)).toThrow("`tensors` is null");
		expect(() => seq2seqFromJoeyNmt({})).toThrow("there is no `src_embed.lut.weight`");
		expect(() => seq2seqFromJoeyNmt(odd, { heads: 3 } as never)).toThrow("unknown option `heads`");
	});
});
