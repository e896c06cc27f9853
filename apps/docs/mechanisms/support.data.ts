import { type SupportGroup, supportTable } from "../src/support-table.ts";

declare const data: SupportGroup[];

export { data };

export default { load: supportTable };
