import { attentionData, captureAttention, disposeAttention } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { ImageNetwork } from "./image-network.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import { paddleGraph } from "./paddle-files.ts";

/** What an {@link AngleClassifier} says of a picture. */
export interface Angle {
	/** Probability that the word stands upright. */
	readonly upright: number;
	/** Probability that it is turned by 180°. */
	readonly turned: number;
	/** The weight of every channel, for each of the nine gates. */
	readonly gates: readonly Float32Array[];
}

/** Rows and columns of the pictures that the classifier takes. */
export const angleHeight = 48;
export const angleWidth = 192;

/**
 * PaddleOCR's classifier of upright and turned words (`ch_ppocr_mobile_v2.0_cls`, a MobileNetV3 of 0.35 width), on our layers:
 * convolutions, nine `squeezeExcite`, a mean over the image, one product.
 */
export class AngleClassifier {
	readonly #network: ImageNetwork;
	readonly #kernel: tf.Tensor2D;
	readonly #bias: tf.Tensor1D;

	constructor(graph: OnnxGraph = paddleGraph("ch_ppocr_mobile_v2.0_cls_infer.onnx")) {
		const pooled = "p2o.GlobalAveragePool.19";
		this.#network = new ImageNetwork(graph, ["x"], [pooled]);
		this.#kernel = graph.tensor("fc_0.w_0") as tf.Tensor2D;
		this.#bias = graph.tensor("fc_0.b_0") as tf.Tensor1D;
	}

	/** The probabilities of 0° and 180°, `[batch, 2]`, of images `[batch, 48, 192, 3]`, channels blue, green, red, −1 to 1. */
	predict(images: tf.Tensor4D): tf.Tensor2D {
		return tf.tidy(() => {
			const [pooled] = this.#network.run(images) as [tf.Tensor4D];
			const features = tf.reshape(pooled, [images.shape[0], -1]) as tf.Tensor2D;
			return tf.softmax(tf.add(tf.matMul(features, this.#kernel), this.#bias)) as tf.Tensor2D;
		});
	}

	/** What it says of one picture, with its gates. */
	async judge(image: tf.Tensor4D): Promise<Angle> {
		const { result, records } = captureAttention(() => this.predict(image));
		const [upright = 0, turned = 0] = await result.data<"float32">();
		result.dispose();
		const gates = await Promise.all(records.map(async (record) => (await attentionData(record)).weights));
		disposeAttention(records);
		return { upright, turned, gates };
	}

	/** Frees the weights. */
	dispose(): void {
		this.#network.dispose();
		tf.dispose([this.#kernel, this.#bias]);
	}
}
