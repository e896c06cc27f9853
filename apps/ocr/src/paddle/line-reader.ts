import { type AttentionRecord, attentionData, captureAttention, disposeAttention } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { ImageNetwork } from "./image-network.ts";
import { LineBlocks } from "./line-blocks.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import { paddleGraph, readPaddleFile } from "./paddle-files.ts";

/** Rows of the pictures that the reader takes; they may be of any width. */
export const lineHeight = 48;

/** What a {@link LineReader} reads. */
export interface LineReading {
	readonly text: string;
	/** What each column says: a character, or nothing. */
	readonly tokens: readonly string[];
	/** The likeliest class of each column: 0 nothing new, 1 … 6623 a character, 6624 a space. */
	readonly classes: Int32Array;
	/** Its probability. */
	readonly probabilities: Float32Array;
	/** Which columns each column looked at, the mean over the heads, `[columns, columns]`, for each of the two blocks. */
	readonly attention: readonly Float32Array[];
}

/**
 * PaddleOCR's reader of lines in Chinese and English (`ch_PP-OCRv4_rec`), on our layers: convolutions with two `squeezeExcite`, two
 * Transformer blocks over the columns, convolutions again, and one character or none for every column.
 */
export class LineReader {
	readonly #image: ImageNetwork;
	readonly #blocks: LineBlocks;
	readonly #mixed: ImageNetwork;
	readonly #kernel: tf.Tensor2D;
	readonly #bias: tf.Tensor1D;
	readonly #characters: readonly string[];

	constructor(
		graph: OnnxGraph = paddleGraph("ch_PP-OCRv4_rec_infer.onnx"),
		characters: string = readPaddleFile("ppocr_keys_v1.txt").toString("utf8"),
	) {
		const pooled = "p2o.AveragePool.1";
		this.#image = new ImageNetwork(graph, ["x"], [pooled, "swish_12.tmp_0"]);
		this.#blocks = new LineBlocks(graph);
		this.#mixed = new ImageNetwork(graph, [pooled, "transpose_50.tmp_0"], ["swish_17.tmp_0"]);
		this.#kernel = graph.tensor("linear_85.w_0") as tf.Tensor2D;
		this.#bias = graph.tensor("linear_85.b_0") as tf.Tensor1D;
		this.#characters = ["", ...characters.trimEnd().split("\n"), " "];
	}

	/** Probabilities of the classes `[columns, 6625]` of an image `[1, 48, width, 3]`, channels blue, green, red, −1 to 1. */
	predict(image: tf.Tensor4D): tf.Tensor2D {
		return tf.tidy(() => {
			const [pooled, map] = this.#image.run(image) as [tf.Tensor4D, tf.Tensor4D]; // [1, 1, T, 480], [1, 1, T, 120]
			const [, , length, features] = map.shape;
			const columns = this.#blocks.run(tf.reshape(map, [1, length, features]));
			const [mixed] = this.#mixed.run(pooled, tf.reshape(columns, map.shape)) as [tf.Tensor4D];
			const rows = tf.reshape(mixed, [length, features]) as tf.Tensor2D;
			return tf.softmax(tf.add(tf.matMul(rows, this.#kernel), this.#bias)) as tf.Tensor2D; // [T, 6625]
		});
	}

	/** What stands in a picture of a line. */
	async read(image: tf.Tensor4D): Promise<LineReading> {
		const { result, records } = captureAttention(() => this.predict(image));
		const [likeliest, highest] = tf.tidy(() => [tf.argMax(result, 1), tf.max(result, 1)]) as [
			tf.Tensor,
			tf.Tensor,
		];
		const classes = (await likeliest.data()) as Int32Array;
		const probabilities = (await highest.data()) as Float32Array;
		const blocks = records.filter(({ axes }) => axes.includes("key"));
		const attention = await Promise.all(blocks.map(meanOverHeads));
		tf.dispose([result, likeliest, highest]);
		disposeAttention(records);
		// A character that stands in several columns side by side is one.
		const tokens = Array.from(classes, (id, i) =>
			id === classes[i - 1] ? "" : (this.#characters[id] ?? ""),
		);
		return { text: tokens.join(""), tokens, classes, probabilities, attention };
	}

	/** Frees the weights. */
	dispose(): void {
		this.#image.dispose();
		this.#blocks.dispose();
		this.#mixed.dispose();
		tf.dispose([this.#kernel, this.#bias]);
	}
}

async function meanOverHeads(record: AttentionRecord): Promise<Float32Array> {
	const { shape, weights } = await attentionData(record);
	const [, heads = 1, queries = 0, keys = 0] = shape;
	return Float32Array.from({ length: queries * keys }, (_, i) => {
		let sum = 0;
		for (let head = 0; head < heads; head++) sum += weights[head * queries * keys + i] ?? 0;
		return sum / heads;
	});
}
