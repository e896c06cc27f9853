import type { Codec } from "./codec.ts";
import { answerAll, type Look } from "./looks.ts";
import { majorityAnswers, type Score, scoreAnswers } from "./score.ts";
import type { VideoExample } from "./video.ts";
import type { VideoQaModel } from "./video-qa-model.ts";

/** A frequent mistake. */
export interface Mistake {
	readonly type: string;
	readonly expected: string;
	readonly got: string;
	readonly count: number;
}

/** What {@link judge} finds. */
export interface Verdict {
	readonly score: Score;
	/** What the most frequent answer to the same question in the training would score. */
	readonly majority: Score;
	/** Held-out videos: each with the looks of its questions. */
	readonly samples: readonly (readonly Look[])[];
	readonly mistakes: readonly Mistake[];
}

/** Answers the questions about the held-out videos and compares. */
export async function judge(
	model: VideoQaModel,
	codec: Codec,
	{ train, test }: { readonly train: readonly VideoExample[]; readonly test: readonly VideoExample[] },
	samples: number,
): Promise<Verdict> {
	const looks = await answerAll(model, codec, test);
	const questions = test.flatMap((example) => example.questions);
	const trained = train.flatMap((example) => example.questions);
	return {
		score: scoreAnswers(
			questions,
			looks.map(({ answer }) => answer),
		),
		majority: scoreAnswers(questions, majorityAnswers(trained, questions)),
		samples: test.slice(0, samples).map(({ video }) => looks.filter((look) => look.video === video)),
		mistakes: mistakesOf(looks).slice(0, 15),
	};
}

function mistakesOf(looks: readonly Look[]): Mistake[] {
	const found = new Map<string, Mistake>();
	for (const { question, answer } of looks) {
		if (answer === question.answer) continue;
		const key = JSON.stringify([question.type, question.answer, answer]);
		const count = (found.get(key)?.count ?? 0) + 1;
		found.set(key, { type: question.type, expected: question.answer, got: answer, count });
	}
	return [...found.values()].sort((a, b) => b.count - a.count);
}
