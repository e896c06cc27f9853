import { mechanisms as core, type Mechanism } from "@heed/core";
import { mechanisms as layers } from "@heed/layers";
import { mechanisms as nlp } from "@heed/nlp";

/** A row of the support table: a mechanism and the page of its reference. */
export interface SupportRow extends Mechanism {
	readonly link: string;
}

/** The mechanisms of one package and family. */
export interface SupportGroup {
	readonly title: string;
	readonly rows: readonly SupportRow[];
}

/** The registries of all packages as the tables of one page, in the order in which they list their mechanisms. */
export function supportTable(): SupportGroup[] {
	const groups = new Map<string, SupportRow[]>();
	for (const mechanism of [...core, ...layers, ...nlp]) {
		const title = `${mechanism.package} · ${mechanism.family}`;
		const kind = /^[A-Z]/.test(mechanism.name) ? "classes" : "functions";
		const link = `/api/${mechanism.package}/${kind}/${mechanism.name}.html`;
		groups.set(title, [...(groups.get(title) ?? []), { ...mechanism, link }]);
	}
	return [...groups].map(([title, rows]) => ({ title, rows }));
}
