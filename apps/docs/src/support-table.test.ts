import * as core from "@heed/core";
import * as layers from "@heed/layers";
import * as nlp from "@heed/nlp";
import * as vision from "@heed/vision";
import { describe, expect, it } from "vitest";
import { supportTable } from "./support-table.ts";

const packages: Record<string, object> = {
	"@heed/core": core,
	"@heed/layers": layers,
	"@heed/nlp": nlp,
	"@heed/vision": vision,
};
const rows = supportTable().flatMap((group) => group.rows);

describe("supportTable", () => {
	it.each(Object.keys(packages))("has mechanisms of %s", (name) => {
		expect(rows.filter((row) => row.package === name).length).toBeGreaterThan(0);
	});

	it("lists what the packages export, each once", () => {
		const names = rows.map((row) => `${row.package} ${row.name}`);
		expect(new Set(names).size).toBe(names.length);
		expect(rows.filter((row) => !(row.name in (packages[row.package] ?? {})))).toEqual([]);
	});
});
