import { HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Variables under the names that checkpoints know them by. A list takes the variables' own names, which are only stable
 * when they were given: the host numbers the others.
 */
export type Variables =
	| Readonly<Record<string, tf.Variable>>
	| ReadonlyMap<string, tf.Variable>
	| readonly tf.Variable[];

/** One variable and its name in checkpoints. */
export interface NamedVariable {
	readonly name: string;
	readonly variable: tf.Variable;
}

/** Lists variables of every accepted form, and refuses names that come twice and what is no live variable. */
export function listVariables(where: string, option: string, variables: Variables): NamedVariable[] {
	const entries: (readonly [string, tf.Variable])[] = Array.isArray(variables)
		? variables.map((variable: tf.Variable) => [variable.name, variable] as const)
		: variables instanceof Map
			? [...variables]
			: Object.entries(variables as Readonly<Record<string, tf.Variable>>);
	const names = new Set<string>();
	for (const [name, variable] of entries) {
		if (!(variable instanceof tf.Variable)) {
			throw new HeedError("OPTION", where, `\`${option}\` '${name}' is not a tf.Variable.`);
		}
		if (variable.isDisposed) throw new HeedError("VALUE", where, `\`${option}\` '${name}' was disposed of.`);
		if (names.has(name)) throw new HeedError("OPTION", where, `\`${option}\` has the name '${name}' twice.`);
		names.add(name);
	}
	return entries.map(([name, variable]) => ({ name, variable }));
}
