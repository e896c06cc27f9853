import { hasColor } from "@heed/command-line";
import type { ReadSentence } from "./classification.ts";
import { shadedTerminal } from "./shaded-terminal.ts";
import { shadeWords } from "./shaded-text.ts";

/** Sentences with their weights, and their words shaded by how much they were looked at. */
export function shadedText(
	sentences: readonly ReadSentence[],
	stream: NodeJS.WriteStream = process.stdout,
): string {
	return shadedTerminal(shadeWords(sentences), { color: hasColor(stream), width: stream.columns ?? 100 });
}
