// Tests read the sources of every package; what is compiled from another language must be there first, and current.
import { compileAssembly } from "../packages/backend-wasm/scripts/compile-assembly.mjs";

export default async function setup(): Promise<void> {
	await compileAssembly();
}
