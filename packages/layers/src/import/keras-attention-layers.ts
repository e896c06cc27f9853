import { HeedError } from "@heed/core";
import {
	isNothing,
	isReference,
	type Json,
	type JsonObject,
	type LayerCall,
	type TensorReference,
	type WrittenCall,
} from "./keras-graph.ts";

/** A layer of attention as ours: its class, its config and its calls, with Keras' order (query, value, key) put right. */
export interface ConvertedLayer {
	readonly className: string;
	readonly config: JsonObject;
	readonly calls: readonly WrittenCall[];
}

/** The classes of Keras that become ours. */
const converters: Readonly<
	Record<string, (from: (message: string) => never, config: JsonObject) => JsonObject>
> = {
	MultiHeadAttention(refuse, config) {
		const { num_heads, key_dim, value_dim, dropout, use_bias, output_shape, attention_axes } = config;
		const axes = [attention_axes ?? [1]].flat();
		if (axes.length !== 1 || axes[0] !== 1) {
			refuse(
				`\`attention_axes\` ${JSON.stringify(attention_axes)}; only axis 1, the sequence, is attended over here`,
			);
		}
		if (config.use_gate === true) refuse("`use_gate` true, which has no counterpart here");
		const shape = [output_shape ?? []].flat();
		if (shape.length > 1) refuse(`\`output_shape\` ${JSON.stringify(output_shape)}; expected one number`);
		return given({
			...{ num_heads, key_dim, value_dim, dropout, use_bias },
			output_dim: shape[0] ?? null,
		});
	},
	GroupQueryAttention(refuse, config) {
		const { head_dim, num_query_heads, num_key_value_heads, dropout, use_bias } = config;
		if (config.use_gate === true) refuse("`use_gate` true, which has no counterpart here");
		return given({
			...{ num_heads: num_query_heads, key_dim: head_dim, num_key_value_heads, dropout, use_bias },
		});
	},
	Attention(refuse, config) {
		const { score_mode = "dot", use_scale, dropout, causal } = config;
		if (score_mode !== "dot")
			refuse(`\`score_mode\` ${JSON.stringify(score_mode)}; only 'dot' has a counterpart`);
		return given({ scale: use_scale === true ? "trainable" : "none", dropout, causal });
	},
	AdditiveAttention(refuse, config) {
		const { use_scale, dropout, causal } = config;
		if (causal === true) refuse("`causal` true, which has no counterpart here");
		return given({ use_scale, dropout });
	},
};

const ours: Readonly<Record<string, string>> = {
	MultiHeadAttention: "HeedMultiHeadAttention",
	GroupQueryAttention: "HeedMultiHeadAttention",
	Attention: "HeedDotAttention",
	AdditiveAttention: "HeedAdditiveAttention",
};

/** What the host hands on to any layer. */
const kept = ["name", "trainable", "dtype", "batch_input_shape"];

/** What the arguments of a call are named, in their order. */
const argumentNames = {
	heads: [
		...["query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask"],
		...["return_attention_scores", "training", "use_causal_mask"],
	],
	single: ["inputs", "mask", "training", "return_attention_scores", "use_causal_mask"],
} as const;

/** True for a layer of Keras that {@link convertAttentionLayer} knows. */
export const isAttentionLayer = (className: string): boolean => ours[className] !== undefined;

/** A layer of attention of Keras as ours. */
export function convertAttentionLayer(
	where: string,
	className: string,
	config: JsonObject,
	calls: readonly LayerCall[],
): ConvertedLayer {
	const refuse = (message: string): never => {
		throw new HeedError("UNSUPPORTED", where, `${className} \`${String(config.name)}\` has ${message}.`);
	};
	const heads = ours[className] === "HeedMultiHeadAttention";
	const names = argumentNames[heads ? "heads" : "single"];
	const converted = calls.map((call) => convertCall(refuse, names, call));
	const masked = converted.some(({ mask }) => mask !== undefined);
	// Keras takes a mask of any type. Nothing stands twice in a list unless it must: behind other layers the host frees it too early.
	const maskInput = converted.every(({ mask }) => mask !== undefined) ? "last" : true;
	if (masked && !heads) refuse("the argument `attention_mask`, which has no counterpart here");
	const flags = converted.map(({ causal, scores }) => ({ causal, scores }));
	const [first = { causal: false, scores: false }] = flags;
	if (flags.some(({ causal, scores }) => causal !== first.causal || scores !== first.scores)) {
		refuse(
			"calls that differ in `use_causal_mask` or `return_attention_scores`; here both belong to the layer",
		);
	}
	const own = (converters[className] as (typeof converters)[string])(refuse, config);
	if (first.causal && className === "AdditiveAttention")
		refuse("`use_causal_mask`, which has no counterpart here");
	const common = Object.fromEntries(
		kept.filter((name) => name in config).map((name) => [name, config[name] as Json]),
	);
	return {
		className: ours[className] as string,
		config: {
			...{ ...common, ...own },
			...(first.causal && { causal: true }),
			...(first.scores && { return_attention: true }),
			...(masked && { mask_input: maskInput }),
		},
		calls: converted.map(({ inputs, mask }) => {
			if (mask === undefined) return { inputs: shortened(inputs), options: {} };
			return { inputs: [...(maskInput === "last" ? shortened(inputs) : inputs), mask], options: {} };
		}),
	};
}

/** A call in our terms. */
interface ConvertedCall {
	readonly inputs: readonly [query: TensorReference, key: TensorReference, value: TensorReference];
	readonly mask: TensorReference | undefined;
	readonly causal: boolean;
	readonly scores: boolean;
}

function convertCall(
	refuse: (message: string) => never,
	names: readonly string[],
	{ args, options }: LayerCall,
): ConvertedCall {
	const { inputs, ...named } = options;
	const given = new Map<string, Json>(Object.entries(named));
	const positional = inputs === undefined ? args : [inputs, ...args];
	for (const [i, value] of positional.entries()) {
		const name = names[i];
		// Keras 2 names all but the first argument, and what takes a list writes it as one.
		const list = Array.isArray(value) && !isReference(value) && i === 0;
		if (list)
			for (const [k, one] of value.entries()) given.set(["query", "value", "key"][k] ?? `input ${k}`, one);
		else given.set(name === "inputs" ? "query" : (name ?? `argument ${i}`), value);
	}
	const tensor = (name: string): TensorReference | undefined => {
		const value = given.get(name);
		if (isNothing(value)) return undefined;
		return isReference(value) ? value : refuse(`a constant as \`${name}\`. Make it an input of the model`);
	};
	const flag = (name: string): boolean => {
		const value = given.get(name);
		return isNothing(value) ? false : value === true || refuse(`\`${name}\` ${JSON.stringify(value)}`);
	};
	const known = ["query", "value", "key", "attention_mask", "use_causal_mask", "return_attention_scores"];
	for (const [name, value] of given) {
		if (isNothing(value) || known.includes(name) || name === "flash_attention") continue;
		refuse(`the argument \`${name}\`, which has no counterpart here`);
	}
	const [query, value, key = value] = ["query", "value", "key"].map(tensor);
	if (query === undefined || value === undefined || key === undefined) {
		return refuse("a call without query and value");
	}
	return {
		...{ inputs: [query, key, value], mask: tensor("attention_mask") },
		...{ causal: flag("use_causal_mask"), scores: flag("return_attention_scores") },
	};
}

/** Query, key and value as our layers take them, each that is another one once. */
function shortened([query, key, value]: ConvertedCall["inputs"]): TensorReference[] {
	const same = (a: TensorReference, b: TensorReference): boolean => a.every((part, i) => part === b[i]);
	if (!same(key, value)) return [query, key, value];
	return same(query, key) ? [query] : [query, key];
}

/** Without what is null or missing. */
function given(config: Readonly<Record<string, Json | undefined>>): JsonObject {
	return Object.fromEntries(
		Object.entries(config).filter(([, value]) => value !== null && value !== undefined),
	) as JsonObject;
}
