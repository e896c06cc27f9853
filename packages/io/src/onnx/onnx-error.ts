/**
 * Which rule of a model was broken, as a stable word that code can branch on.
 *
 * - `OPSET`: a version of operators that is not a whole number ≥ 1, or is missing for the domain of a node
 * - `NAME`: a name that is empty, comes twice or is not text that UTF-8 can hold
 * - `GRAPH`: a node takes, or the graph gives, what nothing before it makes
 * - `ATTRIBUTE`: an attribute that is of no known type, or a number that its type cannot hold
 * - `TENSOR`: element type, shape and data of a tensor do not fit each other
 * - `FORMAT`: bytes that are no model of ONNX, or a damaged one
 * - `TOO_LARGE`: more than the 2 GiB that a message of protocol buffers may have
 */
export type OnnxErrorCode = "OPSET" | "NAME" | "GRAPH" | "ATTRIBUTE" | "TENSOR" | "FORMAT" | "TOO_LARGE";

/** The one error for a model that cannot be written or read. */
export class OnnxError extends Error {
	override readonly name = "OnnxError";
	readonly code: OnnxErrorCode;

	/** @param where The function that threw it. */
	constructor(
		code: OnnxErrorCode,
		message: string,
		where: "writeOnnxModel" | "readOnnxModel" = "writeOnnxModel",
	) {
		super(`${where}: ${message}`);
		this.code = code;
	}
}
