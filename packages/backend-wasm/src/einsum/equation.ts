import { backend_util, type Tensor } from "@tensorflow/tfjs-core";

/** An einsum equation in parts: the axis labels of each operand and of the result. */
export interface EinsumEquation {
	readonly operands: readonly string[];
	readonly output: string;
}

/** Reads and checks an equation as the host does: one or two operands, no repeated axis, no ellipsis. */
export function readEquation(equation: string, operands: readonly Tensor[]): EinsumEquation {
	const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, operands.length);
	operands.forEach((operand, i) => {
		if (idDims[i]?.length === operand.rank) return;
		throw new Error(
			`einsum: operand ${i} [${operand.shape}] has rank ${operand.rank}, but '${equation}' gives it ${idDims[i]?.length} axes.`,
		);
	});
	backend_util.checkEinsumDimSizes(allDims.length, idDims, [...operands]);
	const [inputs = "", output = ""] = equation.replace(/\s/g, "").split("->");
	if (new Set(output).size !== output.length) {
		throw new Error(`einsum: '${equation}' names an axis of the result twice.`);
	}
	return { operands: inputs.split(","), output };
}
