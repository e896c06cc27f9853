import { type BackendName, loadWeights } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { captionPictures } from "./caption-pictures.ts";
import type { Sample } from "./judge.ts";
import { Captioner } from "./model/captioner.ts";
import type { Picture } from "./pictures/picture.ts";
import type { Settings } from "./settings.ts";
import { store } from "./store.ts";
import type { HeldOutSet } from "./task-data.ts";

/** What a trained captioner says of the first held-out pictures, the same for all captioners of the same data. */
export async function describeSamples(
	folder: string,
	settings: Settings,
	sets: readonly HeldOutSet[],
	backend: BackendName,
): Promise<Sample[]> {
	const { beam, samples } = settings.run;
	const pictures = sets
		.flatMap((set) => set.pictures.slice(0, Math.ceil(samples / sets.length)))
		.slice(0, samples);
	const stored = await store.readModel(folder);
	await startBackend(backend);
	const model = new Captioner(stored.settings, stored.codec.size);
	loadWeights(model.weights, stored);
	const { maxLength } = stored.settings;
	const captions = await captionPictures(model, stored.codec, pictures, { beam, maxLength });
	model.dispose();
	return captions.map((caption, i) => ({ caption, picture: pictures[i] as Picture }));
}
