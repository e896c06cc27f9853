import * as tf from "@tensorflow/tfjs-core";
import {
	input,
	type LayersModel,
	type layers,
	loadLayersModel,
	model,
	type Shape,
	type SymbolicTensor,
} from "@tensorflow/tfjs-layers";

/** A model of one layer. */
export function toModel(layer: layers.Layer, shape: Shape): LayersModel {
	const x = input({ shape });
	return model({ inputs: x, outputs: layer.apply(x) as SymbolicTensor });
}

/** What a model is as a file: its JSON as it is read again, and its weights. */
export async function savedArtifacts(saved: LayersModel): Promise<tf.io.ModelArtifacts> {
	let artifacts: tf.io.ModelArtifacts | undefined;
	await saved.save(
		tf.io.withSaveHandler(async (given) => {
			artifacts = given;
			return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
		}),
	);
	const json = JSON.parse(JSON.stringify({ ...artifacts, weightData: undefined })) as tf.io.ModelArtifacts;
	return { ...json, weightData: artifacts?.weightData as tf.io.WeightData };
}

/** Saves a model to memory and loads it again, as a file would. */
export async function saveAndLoad(saved: LayersModel): Promise<LayersModel> {
	return loadLayersModel(tf.io.fromMemory(await savedArtifacts(saved)));
}
