import { type Contender, type ContenderId, contenderIds } from "./contender.ts";
import { type Opened, ortNodeContender, ortWebContender } from "./onnx-contenders.ts";
import type { LoadModule } from "./ort-module.ts";
import { cpuContender, heedContender, type Patience, stockContender } from "./tfjs-contenders.ts";

/** Those who take part, and those who do not. */
export interface Contenders {
	readonly present: readonly Contender[];
	readonly absent: readonly { readonly id: ContenderId; readonly reason: string }[];
	/** Versions of what is not a part of TensorFlow.js or Heed. */
	readonly versions: Readonly<Record<string, string>>;
}

/** What {@link openContenders} needs. */
export interface OpenOptions {
	/** Who is wanted beside Heed. */
	readonly wanted: readonly ContenderId[];
	readonly patience: Patience;
	/** Loads the packages that need not be there. */
	readonly load?: LoadModule;
}

/** Starts the contenders that are wanted and there. */
export async function openContenders({ wanted, patience, load }: OpenOptions): Promise<Contenders> {
	const tfjs = async (make: (patience: Patience) => Promise<Contender>): Promise<Opened> => ({
		contender: await make(patience),
		version: "",
	});
	const openers: Readonly<Record<ContenderId, () => Promise<Opened>>> = {
		heed: () => tfjs(heedContender),
		stock: () => tfjs(stockContender),
		"tfjs-cpu": () => tfjs(cpuContender),
		"onnxruntime-web": () => ortWebContender(patience, load),
		"onnxruntime-node": () => ortNodeContender(patience, load),
	};
	const present: Contender[] = [];
	const absent: { id: ContenderId; reason: string }[] = [];
	const versions: Record<string, string> = {};
	for (const id of contenderIds) {
		if (id !== "heed" && !wanted.includes(id)) continue;
		const opened = await openers[id]();
		if ("absent" in opened) {
			absent.push({ id, reason: opened.absent });
			continue;
		}
		present.push(opened.contender);
		if (opened.version !== "") versions[id] = opened.version;
	}
	return { present, absent, versions };
}
