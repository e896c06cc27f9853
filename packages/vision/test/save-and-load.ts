import { assignWeights } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";

/** Saves a model to memory and loads it again, as a file would. */
export async function saveAndLoad(saved: LayersModel): Promise<LayersModel> {
	let artifacts: tf.io.ModelArtifacts | undefined;
	await saved.save(
		tf.io.withSaveHandler(async (given) => {
			artifacts = given;
			return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
		}),
	);
	const json = JSON.parse(JSON.stringify({ ...artifacts, weightData: undefined })) as tf.io.ModelArtifacts;
	const weightData = artifacts?.weightData as tf.io.WeightData;
	return loadLayersModel(tf.io.fromMemory({ ...json, weightData }));
}

/** A model of weights by name as it comes back from a text that holds its config and its weights. */
export function throughText<Model extends { readonly config: object; readonly weights: Weights }>(
	saved: Model,
	make: (config: Model["config"]) => Model,
): Model {
	const weights = [...saved.weights].map(([path, weight]) => [path, weight.shape, [...weight.dataSync()]]);
	const text = JSON.stringify({ config: saved.config, weights });
	const read = JSON.parse(text) as { config: Model["config"]; weights: [string, number[], number[]][] };
	const loaded = make(read.config);
	const values = read.weights.map(([path, shape, data]) => [path, tf.tensor(data, shape)] as const);
	assignWeights(loaded.weights, Object.fromEntries(values));
	tf.dispose(values.map(([, value]) => value));
	return loaded;
}

type Weights = ReadonlyMap<string, tf.Variable>;
