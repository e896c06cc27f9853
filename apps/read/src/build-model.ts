import { AttentionOverAttentionReader, AttentiveReader, ImpatientReader } from "@heed/nlp";
import type { Codec } from "./codec.ts";
import type { ModelSettings } from "./settings.ts";

/** Any of the readers. */
export type Reader = AttentionOverAttentionReader | AttentiveReader | ImpatientReader;

/** Makes the reader that the settings describe, with fresh weights. */
export function buildModel(settings: ModelSettings, codec: Codec): Reader {
	const { reader, units, embedding, dropout, seed } = settings;
	const config = { vocabularySize: codec.size, embeddingSize: embedding, units, dropout, seed };
	switch (reader) {
		case "attention-over-attention":
			return new AttentionOverAttentionReader(config);
		case "attentive":
			return new AttentiveReader(config);
		case "impatient":
			return new ImpatientReader(config);
	}
}
