import { coreMechanisms, type Mechanism } from "@heed/core";
import { layersMechanisms } from "@heed/layers";
import { nlpMechanisms } from "@heed/nlp";
import { visionMechanisms } from "@heed/vision";

/** A row of the support table: a mechanism and the page of its reference. */
export interface SupportRow extends Mechanism {
	readonly link: string;
}

/** The mechanisms of one package and family. */
export interface SupportGroup {
	/** For links into the page. */
	readonly id: string;
	readonly package: string;
	readonly family: string;
	readonly rows: readonly SupportRow[];
}

/** The registries of all packages as the tables of one page, in the order in which they list their mechanisms. */
export function supportTable(): SupportGroup[] {
	const groups = new Map<string, { package: string; family: string; rows: SupportRow[] }>();
	const all = [...coreMechanisms, ...layersMechanisms, ...nlpMechanisms, ...visionMechanisms];
	for (const mechanism of all) {
		const { package: from, family, name } = mechanism;
		const id = `${from.replace("@heed/", "")}-${family}`;
		const group = groups.get(id) ?? { package: from, family, rows: [] };
		const kind = /^[A-Z]/.test(name) ? "classes" : "functions";
		group.rows.push({ ...mechanism, link: `/api/${from}/${kind}/${name}.html` });
		groups.set(id, group);
	}
	return [...groups].map(([id, group]) => ({ id, ...group }));
}
