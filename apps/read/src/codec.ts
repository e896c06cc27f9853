import { Vocabulary, type VocabularyJson } from "@heed/nlp";
import type { AnsweredQuestion, Question } from "./question.ts";
import { tokensOf, wordOf } from "./tokens.ts";

/** A question as ids. */
export interface EncodedQuestion {
	readonly document: readonly number[];
	readonly query: readonly number[];
	readonly candidates?: readonly number[];
}

/** A question and its answer as ids. */
export interface EncodedAnswer extends EncodedQuestion {
	readonly answer: number;
}

/** Texts to ids and back: one vocabulary for stories and questions. */
export class Codec {
	readonly vocabulary: Vocabulary;

	constructor(vocabulary: Vocabulary) {
		this.vocabulary = vocabulary;
	}

	/** Learns the words of training questions; rarer words become unknown. */
	static learn(questions: readonly AnsweredQuestion[], minCount: number): Codec {
		const texts = questions.flatMap(({ story, query, candidates = [], answer }) =>
			[...story, query, ...candidates, answer].map(tokensOf),
		);
		return new Codec(Vocabulary.fromTokens(texts, { minCount }));
	}

	/** Reads the vocabulary that {@link toJSON} wrote. */
	static fromJSON(json: unknown): Codec {
		return new Codec(Vocabulary.fromJSON(json));
	}

	/** The number of ids. */
	get size(): number {
		return this.vocabulary.size;
	}

	encode({ story, query, candidates }: Question): EncodedQuestion {
		return {
			document: this.vocabulary.encode(story.flatMap(tokensOf)),
			query: this.vocabulary.encode(tokensOf(query)),
			...(candidates && { candidates: candidates.map((word) => this.vocabulary.idOf(wordOf(word))) }),
		};
	}

	encodeAnswered(question: AnsweredQuestion): EncodedAnswer {
		return { ...this.encode(question), answer: this.vocabulary.idOf(question.answer) };
	}

	toJSON(): VocabularyJson {
		return this.vocabulary.toJSON();
	}
}
