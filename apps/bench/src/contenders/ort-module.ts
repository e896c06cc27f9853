/** What is used of ONNX Runtime. Its packages may be absent, so their own types are not. */
export interface OrtModule {
	readonly env: {
		readonly wasm: { numThreads?: number };
		logLevel?: string;
		readonly versions: Readonly<Record<string, string | undefined>>;
	};
	readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => OrtTensor;
	readonly InferenceSession: {
		create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<OrtSession>;
	};
}

export interface OrtTensor {
	readonly data: ArrayLike<number>;
}

export interface OrtSession {
	run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
	release(): Promise<void>;
}

/** Loads a package that need not be there. */
export type LoadModule = (name: string) => Promise<unknown>;

/**
 * Loads ONNX Runtime.
 *
 * @returns The module, or why it is not there.
 */
export async function loadOrt(
	name: string,
	load: LoadModule = (path) => import(path),
): Promise<OrtModule | string> {
	try {
		return (await load(name)) as OrtModule;
	} catch (error) {
		const { code, message = String(error) } = error as NodeJS.ErrnoException;
		if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") return "it is not installed";
		return `it does not start: ${firstLine(message)}`;
	}
}

/** The first line of a message, in readable length, without what ONNX Runtime puts before it: codes and places in its source. */
export function firstLine(message: string): string {
	const [first = ""] = message.split("\n", 1);
	const line = first
		.replace(/^.*ERROR_MESSAGE: /, "")
		.replace(/^\S+:\d+ .*\) /, "")
		.trim();
	return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
