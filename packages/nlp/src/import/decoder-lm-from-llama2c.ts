import { HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { DecoderLM } from "../models/decoder-lm.ts";
import { decoderLMFromLlama } from "./decoder-lm-from-llama.ts";

const where = "decoderLMFromLlama2c";
const headerNames = [
	"dim",
	"hidden_dim",
	"n_layers",
	"n_heads",
	"n_kv_heads",
	"vocab_size",
	"seq_len",
] as const;

/** The sizes at the beginning of the file. */
type Header = Readonly<Record<(typeof headerNames)[number], number>>;

/**
 * A `DecoderLM` from a file of llama2.c in its first format, "version 0": seven whole numbers, then float32 weights.
 *
 *     dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len        negative vocab_size: an output of its own
 *     token_embedding, rms_att, wq, wk, wv, wo, rms_ffn, w1, w2, w3, rms_final, freq_cis_real, freq_cis_imag, (wcls)
 *
 * Positions are rotary on neighbouring pairs, base 10000; RMSNorm with 1e-5; `maxLength` is `seq_len`. The file has no
 * other mark than its length, which must be exactly what the sizes ask for.
 *
 * https://github.com/karpathy/llama2.c
 *
 * @param buffer The whole file.
 * @throws HeedError `OPTION` for what is no buffer, `VALUE` for a file that is cut, too long, or another one.
 */
export function decoderLMFromLlama2c(buffer: ArrayBuffer | Uint8Array): DecoderLM {
	const bytes = toBytes(buffer);
	const header = readHeader(bytes);
	const { n_heads: heads, seq_len: maxLength } = header;
	const layout = layoutOf(header);
	const values = layout.reduce((sum, [, shape]) => sum + tf.util.sizeFromShape(shape), 0);
	const expected = headerBytes + 4 * values;
	if (bytes.length !== expected) {
		const sizes = headerNames.map((name) => `${name} ${header[name]}`).join(", ");
		const message = `the file has ${bytes.length} bytes; expected ${expected}, by its sizes (${sizes}). It is cut, or of another format.`;
		throw new HeedError("VALUE", where, message);
	}
	const tensors: Record<string, tf.Tensor> = {};
	try {
		let at = headerBytes;
		for (const [name, shape] of layout) {
			const size = 4 * tf.util.sizeFromShape(shape);
			const own = new Float32Array(bytes.slice(at, at + size).buffer); // a copy: the bytes may stand at an odd place
			at += size;
			if (name !== undefined) Object.assign(tensors, byLayer(name, own, shape));
		}
		const options = { numHeads: heads, rotaryLayout: "interleaved", epsilon: 1e-5, maxLength } as const;
		return decoderLMFromLlama(tensors, options).model;
	} finally {
		tf.dispose(tensors);
	}
}

const headerBytes = 4 * headerNames.length;

function toBytes(buffer: ArrayBuffer | Uint8Array): Uint8Array {
	if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
	// A view of its own, because the `slice` of Node's Buffer does not copy.
	if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
	throw new HeedError(
		"OPTION",
		where,
		`\`buffer\` is ${String(buffer)}; expected an ArrayBuffer or a Uint8Array.`,
	);
}

function readHeader(bytes: Uint8Array): Header {
	if (bytes.length < headerBytes) {
		const message = `the file has ${bytes.length} bytes; its sizes alone take ${headerBytes}. It is cut.`;
		throw new HeedError("VALUE", where, message);
	}
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (view.getUint32(0, true) === 0x616b3432) {
		const message = `the file is of version ${view.getInt32(4, true)} of the format; expected version 0. Export it with \`--version 0\`.`;
		throw new HeedError("VALUE", where, message);
	}
	const header = Object.fromEntries(
		headerNames.map((name, i) => [name, view.getInt32(4 * i, true)]),
	) as Header;
	for (const name of headerNames) {
		const size = name === "vocab_size" ? Math.abs(header[name]) : header[name];
		if (size >= 1 && size < 2 ** 24) continue;
		throw new HeedError(
			"VALUE",
			where,
			`${name} is ${header[name]}; expected a size. This is no file of llama2.c.`,
		);
	}
	const { dim, n_heads: heads, n_kv_heads: kvHeads } = header;
	if (dim % (2 * heads) === 0 && heads % kvHeads === 0) return header;
	const message = `dim ${dim}, n_heads ${heads} and n_kv_heads ${kvHeads} do not go together. This is no file of llama2.c.`;
	throw new HeedError("VALUE", where, message);
}

/** The weights in the order of the file, `{}` in the name of what every layer has; those without a name are not needed. */
function layoutOf(header: Header): readonly (readonly [name: string | undefined, shape: number[]])[] {
	const { dim, hidden_dim: hidden, n_layers: layers, n_heads: heads, n_kv_heads: kvHeads } = header;
	const vocabulary = Math.abs(header.vocab_size);
	const keys = (dim / heads) * kvHeads;
	const angles = [header.seq_len, dim / heads / 2];
	return [
		["model.embed_tokens.weight", [vocabulary, dim]],
		["model.layers.{}.input_layernorm.weight", [layers, dim]],
		["model.layers.{}.self_attn.q_proj.weight", [layers, dim, dim]],
		["model.layers.{}.self_attn.k_proj.weight", [layers, keys, dim]],
		["model.layers.{}.self_attn.v_proj.weight", [layers, keys, dim]],
		["model.layers.{}.self_attn.o_proj.weight", [layers, dim, dim]],
		["model.layers.{}.post_attention_layernorm.weight", [layers, dim]],
		["model.layers.{}.mlp.gate_proj.weight", [layers, hidden, dim]],
		["model.layers.{}.mlp.down_proj.weight", [layers, dim, hidden]],
		["model.layers.{}.mlp.up_proj.weight", [layers, hidden, dim]],
		["model.norm.weight", [dim]],
		[undefined, angles],
		[undefined, angles],
		...(header.vocab_size < 0 ? [["lm_head.weight", [vocabulary, dim]] as [string, number[]]] : []),
	];
}

/** One tensor, or one for each layer. */
function byLayer(name: string, values: Float32Array, shape: number[]): Record<string, tf.Tensor> {
	if (!name.includes("{}")) return { [name]: tf.tensor(values, shape) };
	const [layers = 0, ...own] = shape;
	const size = tf.util.sizeFromShape(own);
	return Object.fromEntries(
		Array.from({ length: layers }, (_, i) => [
			name.replace("{}", String(i)),
			tf.tensor(values.slice(i * size, (i + 1) * size), own),
		]),
	);
}
