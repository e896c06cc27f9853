import { kindOf } from "../safetensors/kind-of.ts";
import { quoteName } from "../safetensors/safetensors-error.ts";
import { OnnxError } from "./onnx-error.ts";
import type { OnnxModel, OnnxNode, OnnxValue } from "./onnx-model.ts";

/** Refuses a model whose names do not fit each other: that a reader would find much later, and say less clearly. */
export function checkOnnxModel({
	opset,
	domains = {},
	inputs,
	outputs,
	initializers = [],
	nodes,
}: OnnxModel): void {
	checkVersion("`opset`", opset);
	for (const [domain, version] of Object.entries(domains))
		checkVersion(`domain ${quoteName(domain)}`, version);
	const known = new Set<string>();
	const define = (what: string, name: unknown): void => {
		checkName(what, name);
		if (known.has(name as string))
			throw new OnnxError("NAME", `${what} ${quoteName(name as string)} comes twice.`);
		known.add(name as string);
	};
	for (const input of inputs) {
		define("input", input.name);
		checkShape(input);
	}
	for (const { name } of initializers) define("initializer", name);
	nodes.forEach((node, index) => {
		const what = `node ${index} (${node.op})`;
		checkNode(what, node, domains);
		for (const name of node.inputs) {
			if (name !== "" && !known.has(name)) {
				throw new OnnxError("GRAPH", `${what} takes ${quoteName(name)}, which nothing before it makes.`);
			}
		}
		for (const name of node.outputs) if (name !== "") define(`result of ${what}`, name);
	});
	if (outputs.length === 0) throw new OnnxError("GRAPH", "the graph has no outputs; expected at least one.");
	for (const output of outputs) {
		checkName("output", output.name);
		checkShape(output);
		if (known.has(output.name)) continue;
		throw new OnnxError("GRAPH", `output ${quoteName(output.name)} is made by nothing.`);
	}
}

/** Refuses what is no name. */
export function checkName(what: string, name: unknown): void {
	if (typeof name === "string" && name !== "" && !/\p{Surrogate}/u.test(name)) return;
	const came = typeof name === "string" ? quoteName(name) : kindOf(name);
	throw new OnnxError("NAME", `the name of ${what} is ${came}; expected text that is not empty.`);
}

function checkNode(what: string, { op, domain = "", outputs }: OnnxNode, domains: object): void {
	checkName("an operator", op);
	if (outputs.every((name) => name === "")) {
		throw new OnnxError("GRAPH", `${what} has no outputs; expected at least one.`);
	}
	if (domain === "" || Object.hasOwn(domains, domain)) return;
	throw new OnnxError(
		"OPSET",
		`${what} is of the domain ${quoteName(domain)}, whose version is missing. Name it in \`domains\`.`,
	);
}

function checkShape({ name, shape }: OnnxValue): void {
	for (const size of shape) {
		if (typeof size === "string" ? size !== "" : Number.isSafeInteger(size) && size >= 0) continue;
		throw new OnnxError(
			"TENSOR",
			`${quoteName(name)} has the axis size ${quoteName(String(size))}; expected a whole number ≥ 0 or a name.`,
		);
	}
}

function checkVersion(what: string, version: unknown): void {
	if (Number.isSafeInteger(version) && (version as number) >= 1) return;
	throw new OnnxError("OPSET", `${what} is ${String(version)}; expected a whole number ≥ 1.`);
}
