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
