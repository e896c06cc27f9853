import { checkFlag, checkOptions, HeedError } from "@heed/core";
import { checkList, checkText } from "../ops/check-given.ts";

/** A vocabulary of llama2.c as JSON: the piece of every id and its score. */
export interface Llama2cVocabulary {
	/** 0 `<unk>`, 1 the beginning of a text, 2 its end, 3 to 258 the bytes, then pieces of text. */
	readonly vocab: readonly string[];
	/** Pairs are merged to the piece of the highest score first. */
	readonly scores: readonly number[];
}

/** What {@link Llama2cTokenizer.encode} accepts. */
export interface Llama2cEncodeOptions {
	/** Begin with {@link Llama2cTokenizer.bos}. Default true. */
	readonly bos?: boolean | undefined;
	/** End with {@link Llama2cTokenizer.eos}. Default false. */
	readonly eos?: boolean | undefined;
}

const where = "Llama2cTokenizer";
const firstByte = 3;
const firstPiece = firstByte + 256;

/**
 * The tokeniser of llama2.c, which is that of Llama 2 (SentencePiece's byte pair encoding) without its normalisation.
 *
 *     "Hi ☺" → <s>, " ", "H", "i", " ", <0xE2>, <0x98>, <0xBA>          characters, or the bytes of those that have no piece
 *            → the neighbours whose joined piece scores highest become one, again and again; of equal ones the first
 *
 * A text begins with a space that it does not have; decoding drops it again. No text becomes `<unk>`, `<s>` or `</s>`.
 *
 * https://github.com/karpathy/llama2.c; Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword
 * Units", https://arxiv.org/abs/1508.07909
 *
 * When not to use it: for long texts at once. Every merge looks at all neighbours, so the time grows with the square of the
 * length; cut at line ends.
 */
export class Llama2cTokenizer {
	/** The id that begins a text; in these models one that ends it, too. */
	static readonly bos = 1;
	/** The id that ends a text. */
	static readonly eos = 2;

	readonly #pieces: readonly string[];
	readonly #scores: readonly number[];
	readonly #ids = new Map<string, number>();

	/**
	 * @param vocabulary For instance a parsed `tokenizer.json` with `vocab` and `scores`.
	 * @throws HeedError `VALUE` for what is no such vocabulary.
	 */
	constructor(vocabulary: Llama2cVocabulary) {
		const { vocab, scores } = (vocabulary ?? {}) as Partial<Llama2cVocabulary>;
		if (!Array.isArray(vocab) || !Array.isArray(scores) || vocab.length !== scores.length) {
			const message = "this is no vocabulary; expected { vocab: […], scores: […] } of the same length.";
			throw new HeedError("VALUE", where, message);
		}
		if (vocab.length < firstPiece) {
			const message = `the vocabulary has ${vocab.length} pieces; expected at least ${firstPiece}: three for special ids, and the bytes.`;
			throw new HeedError("VALUE", where, message);
		}
		vocab.forEach((piece: unknown, id) => {
			const score: unknown = scores[id];
			if (typeof piece === "string" && typeof score === "number" && !Number.isNaN(score)) return;
			const message = `piece ${id} is ${JSON.stringify(piece)} with the score ${String(score)}; expected a text and a number.`;
			throw new HeedError("VALUE", where, message);
		});
		this.#pieces = [...vocab];
		this.#scores = [...scores];
		vocab.forEach((piece, id) => {
			if (id >= firstPiece && piece !== "" && !this.#ids.has(piece)) this.#ids.set(piece, id);
		});
	}

	/**
	 * Reads a `tokenizer.bin` of llama2.c: the longest length, then for every piece its score, its length and its bytes.
	 *
	 * @throws HeedError `OPTION` for what is no buffer, `VALUE` for a file that is cut or another one.
	 */
	static fromBinary(buffer: ArrayBuffer | Uint8Array): Llama2cTokenizer {
		const isBytes = buffer instanceof ArrayBuffer || ArrayBuffer.isView(buffer);
		if (!isBytes) {
			const message = `\`buffer\` is ${String(buffer)}; expected an ArrayBuffer or a Uint8Array.`;
			throw new HeedError("OPTION", `${where}.fromBinary`, message);
		}
		const bytes =
			buffer instanceof ArrayBuffer
				? new Uint8Array(buffer)
				: new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
		return new Llama2cTokenizer(readPieces(bytes));
	}

	/** The number of ids. */
	get size(): number {
		return this.#pieces.length;
	}

	/** The ids of a text. */
	encode(text: string, options: Llama2cEncodeOptions = {}): number[] {
		checkOptions(`${where}.encode`, options, ["bos", "eos"]);
		checkText(`${where}.encode`, "text", text);
		const { bos = true, eos = false } = options;
		checkFlag(`${where}.encode`, "bos", bos);
		checkFlag(`${where}.encode`, "eos", eos);
		const ids = this.#merged(
			text === "" ? [] : [...` ${text}`].flatMap((character) => this.#idsOf(character)),
		);
		return [...(bos ? [Llama2cTokenizer.bos] : []), ...ids, ...(eos ? [Llama2cTokenizer.eos] : [])];
	}

	/**
	 * The text of ids. The special ones give nothing; a space right after {@link bos} is the one that encoding put there. Bytes
	 * that are no UTF-8 become U+FFFD.
	 *
	 * @throws HeedError `VALUE` for an id that the vocabulary does not have.
	 */
	decode(ids: ArrayLike<number>): string {
		checkList(`${where}.decode`, "ids", ids);
		const bytes: number[] = [];
		Array.from(ids).forEach((id, i) => {
			const piece = this.#pieces[id];
			if (piece === undefined) {
				const message = `ids[${i}] is ${id}; expected a whole number from 0 to ${this.size - 1}.`;
				throw new HeedError("VALUE", `${where}.decode`, message);
			}
			if (id < firstByte) return;
			if (id < firstPiece) {
				bytes.push(id - firstByte);
				return;
			}
			const isFirst = i > 0 && ids[i - 1] === Llama2cTokenizer.bos;
			bytes.push(...new TextEncoder().encode(isFirst && piece.startsWith(" ") ? piece.slice(1) : piece));
		});
		return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
	}

	#idsOf(character: string): number[] {
		const id = this.#ids.get(character);
		return id === undefined
			? Array.from(new TextEncoder().encode(character), (byte) => byte + firstByte)
			: [id];
	}

	#merged(start: readonly number[]): number[] {
		const ids = [...start];
		for (;;) {
			let best = { at: -1, id: -1, score: Number.NEGATIVE_INFINITY };
			for (let at = 0; at + 1 < ids.length; at++) {
				const id = this.#ids.get(`${this.#pieceOf(ids[at])}${this.#pieceOf(ids[at + 1])}`);
				const score = id === undefined ? Number.NaN : Number(this.#scores[id]);
				if (id !== undefined && score > best.score) best = { at, id, score };
			}
			if (best.at < 0) return ids;
			ids.splice(best.at, 2, best.id);
		}
	}

	#pieceOf(id: number | undefined): string | undefined {
		return id === undefined ? undefined : this.#pieces[id];
	}
}

function readPieces(bytes: Uint8Array): Llama2cVocabulary {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const vocab: string[] = [];
	const scores: number[] = [];
	const need = (at: number, count: number): void => {
		if (count >= 0 && at + count <= bytes.length) return;
		const message = `the file ends at byte ${bytes.length}, within piece ${vocab.length}. It is cut, or no tokenizer of llama2.c.`;
		throw new HeedError("VALUE", `${where}.fromBinary`, message);
	};
	need(0, 4);
	let at = 4; // after the length of the longest piece, which nobody needs
	while (at < bytes.length) {
		need(at, 8);
		scores.push(view.getFloat32(at, true));
		const length = view.getInt32(at + 4, true);
		need(at + 8, length);
		vocab.push(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(at + 8, at + 8 + length)));
		at += 8 + length;
	}
	return { vocab, scores };
}
