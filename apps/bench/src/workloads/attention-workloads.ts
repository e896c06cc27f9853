import { type AttentionSizes, attentionCase, attentionFlops, attentionProgram } from "./attention-case.ts";
import type { Workload } from "./workload.ts";

const shape = "B 1, H 8, D 64";
const eightHeads = { heads: 8, dim: 64 };

/** Attention over some lengths: forward, causal, with gradients, with grouped heads. */
export const attentionWorkloads: readonly Workload[] = [
	...[256, 1024, 2048].flatMap((length) => [
		attention("attention", `Attention, forward (${shape})`, { ...eightHeads, length }),
		attention("attention-causal", `Attention, causal, forward (${shape})`, {
			...eightHeads,
			length,
			causal: true,
		}),
	]),
	...[256, 1024].map((length) =>
		attention("attention-backward", `Attention, forward + backward (${shape})`, {
			...eightHeads,
			length,
			backward: true,
		}),
	),
	attention("attention-grouped", "Attention, forward, 8 heads on 2 key/value heads (B 1, D 64)", {
		...eightHeads,
		keyHeads: 2,
		length: 1024,
	}),
];

/** One head over ever longer sequences, for the pictures of time and memory. */
export const lengthWorkloads: readonly Workload[] = [128, 256, 512, 1024, 2048, 4096, 8192, 16_384].map(
	(length) => ({
		...attention("length", "Attention by length, forward (B 1, H 1, D 64)", { heads: 1, length, dim: 64 }),
		quick: [128, 512, 2048, 16_384].includes(length),
	}),
);

function attention(kind: string, section: string, sizes: AttentionSizes): Workload {
	const { heads, keyHeads, length, backward = false } = sizes;
	return {
		id: `${kind}/${length}`,
		section,
		title: `L ${length.toLocaleString("en")}`,
		flops: attentionFlops(sizes),
		quick: length === 1024 && keyHeads === undefined,
		// Causal and not are compared with each other too.
		...(kind.startsWith("attention") && !backward && !keyHeads && { together: `attention ${length}` }),
		// Scores, scaled scores and weights of all pairs, and something for softmax.
		composedBytes: (backward ? 8 : 4) * 4 * heads * length * length,
		tensors: (heed) => attentionCase(sizes, heed),
		...(!backward && { onnx: () => attentionProgram(sizes) }),
	};
}
