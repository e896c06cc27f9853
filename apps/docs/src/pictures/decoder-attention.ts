import { type AttentionConfig, Seq2Seq } from "@heed/nlp";
import type { AttentionMap } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";
import { lookAtSource, trainTranslator, translates } from "./sentences.ts";

const mechanisms: Readonly<Record<string, AttentionConfig>> = {
	"Bahdanau, additive": { kind: "bahdanau", units: 32 },
	"Luong, general": { kind: "luong", scale: true },
	"Luong, local-p, D = 2": { kind: "local", scale: true, halfWidth: 2 },
	"Luong, location": { kind: "location", maxSourceLength: 7 },
	"two heads, their mean": { kind: "multiHead", numHeads: 2 },
};

/** One translator for each mechanism, trained on the same sentences, at the same sentence. */
export async function decoderAttention(): Promise<AttentionMap[]> {
	const maps: AttentionMap[] = [];
	for (const [title, attention] of Object.entries(mechanisms)) {
		maps.push({ ...(await lookWith(attention, 8)), title });
	}
	return maps;
}

/** The same with one position per step. */
export async function hardAttention(): Promise<AttentionMap> {
	const map = await lookWith({ kind: "hard", score: "general", estimator: "straightThrough" }, 15);
	return { ...map, title: "hard attention, straight-through" };
}

async function lookWith(attention: AttentionConfig, epochs: number): Promise<AttentionMap> {
	await tf.ready();
	const model = new Seq2Seq({ ...translates, embeddingSize: 16, units: 32, attention, dropout: 0.2 });
	await trainTranslator(model, { epochs });
	const [map] = await lookAtSource(model);
	model.dispose();
	if (map === undefined) throw new Error(`lookWith: '${attention.kind}' did not say where it looked.`);
	return map;
}
