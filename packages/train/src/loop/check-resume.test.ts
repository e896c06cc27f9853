import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { regression, valuesOf } from "../../test/regression.ts";
import { Adam, decodeCheckpoint, encodeCheckpoint, type TrainingState, train } from "../index.ts";

/** A run of two epochs and one batch of five, which keeps its best weights. */
async function stateAfter(make: () => tf.Optimizer): Promise<TrainingState> {
	let state: TrainingState | undefined;
	await train({
		...regression(),
		optimizer: make(),
		epochs: 3,
		earlyStopping: { patience: 9 },
		observers: [
			{
				onStep: async ({ run, step }) => {
					if (step === 11) state = await run.state();
				},
			},
		],
	});
	return state as TrainingState;
}

function without<Value>(map: ReadonlyMap<string, Value>, ...names: string[]): Map<string, Value> {
	return new Map([...map].filter(([name]) => !names.includes(name)));
}

describe("checkResume", () => {
	useBackend("cpu");
	let state: TrainingState;
	beforeAll(async () => {
		state = await stateAfter(() => new Adam());
	});

	async function refusal(
		change: Partial<TrainingState>,
		optimizer: tf.Optimizer = new Adam(),
	): Promise<string> {
		const task = regression();
		const before = valuesOf(task.variables);
		const attempt = train({
			...task,
			optimizer,
			epochs: 4,
			earlyStopping: { patience: 9 },
			resume: { ...state, ...change },
		});
		const error = await attempt.then(
			() => undefined,
			(reason) => reason,
		);
		expect(error).toMatchObject({ name: "HeedError", code: "VALUE", where: "train" });
		expect(valuesOf(task.variables)).toEqual(before);
		return error.message;
	}

	it("takes the state as it was", async () => {
		const task = regression();
		const resumed = await train({
			...task,
			optimizer: new Adam(),
			epochs: 4,
			earlyStopping: { patience: 9 },
			resume: state,
		});
		expect(resumed.step).toBe(20);
	});

	it("refuses a place that cannot be", async () => {
		expect(await refusal({ index: 6, step: 16 })).toMatch(
			/contradicts itself: it is at batch 6 of 5\. Resume/,
		);
		expect(await refusal({ step: 12 })).toMatch(
			/it counts 12 updates where 2 epochs of 5 batches and 1 more make 11/,
		);
		expect(await refusal({ history: state.history.slice(1) })).toMatch(
			/its history lists 1 epochs, expected 1 to 2/,
		);
		expect(await refusal({ history: [...state.history].reverse() })).toMatch(/its history lists 2 epochs/);
		expect(await refusal({ best: { epoch: 3, value: 1 } })).toMatch(/its best epoch is 3 of 2/);
		expect(await refusal({ best: { epoch: 2, value: Number.NaN } })).toMatch(/its best value is NaN/);
		const since = { monitor: "loss", mode: "min", minDelta: 0, since: 3 } as const;
		expect(await refusal({ stopping: since })).toMatch(/it compares epochs since 3 of 2/);
	});

	it("refuses best weights that are not those of the model", async () => {
		const { best } = state;
		if (best?.weights === undefined) throw new Error("no best weights");
		const weights = without(best.weights, "hidden").set("output", best.weights.get("hiddenBias") as never);
		expect(await refusal({ best: { ...best, weights } })).toMatch(
			/Missing best weights: hidden; Other shape of best weights: output is float32 \[7\] there and float32 \[7, 1\] here/,
		);
	});

	it("refuses optimizer values that are missing or fit no variable", async () => {
		const { optimizer } = state;
		const change = (tensors: TrainingState["optimizer"]["tensors"]) => ({
			optimizer: { ...optimizer, tensors },
		});
		expect(await refusal(change(without(optimizer.tensors, "square/hidden")))).toMatch(
			/Missing optimizer values: square\/hidden\./,
		);
		expect(await refusal(change(new Map()))).toMatch(
			/Missing optimizer values: mean\/hidden, mean\/hiddenBias/,
		);
		const hidden = optimizer.tensors.get("mean/hidden") as NonNullable<
			ReturnType<typeof optimizer.tensors.get>
		>;
		const odd = new Map([...optimizer.tensors, ["mean/output", hidden], ["mean/x", hidden]]);
		expect(await refusal(change(odd))).toMatch(
			/Optimizer values that fit no variable: mean\/output, mean\/x/,
		);
	});

	it.each([
		["Adam", () => tf.train.adam(), "accBeta1"],
		["Adam", () => tf.train.adam(), "accumulatedSecondMoment/output"],
		["Adamax", () => tf.train.adamax(), "accumulatedWeightedInfNorm/hidden"],
		["Momentum", () => tf.train.momentum(0.1, 0.9), "accumulations/hidden"],
		["RMSProp", () => tf.train.rmsprop(0.1), "accumulatedMoments/hidden"],
		["Adagrad", () => tf.train.adagrad(0.1), "accumulatedGrads/hidden"],
		["Adadelta", () => tf.train.adadelta(0.1), "accumulatedUpdates/hidden"],
	])("knows what tf.train's %s keeps", async (_, make, name) => {
		const { optimizer } = await stateAfter(make);
		const tensors = without(optimizer.tensors, name);
		expect(tensors.size).toBe(optimizer.tensors.size - 1);
		expect(await refusal({ optimizer: { ...optimizer, tensors } }, make())).toContain(
			`Missing optimizer values: ${name}.`,
		);
		const none = [...optimizer.tensors].filter(([key]) => !key.includes("/"));
		expect(await refusal({ optimizer: { ...optimizer, tensors: new Map(none) } }, make())).toContain(
			"Missing optimizer values: acc",
		);
	});

	it("lets no flipped bit of a file pass", () => {
		const bytes = encodeCheckpoint(state);
		const text = new TextDecoder("latin1").decode(bytes);
		const header = 8 + new DataView(bytes.buffer).getUint32(0, true);
		const places = [text.indexOf('\\"step\\":11') + 9, text.indexOf('\\"seed\\":0') + 9];
		for (let at = header; at < bytes.length; at += 97) places.push(at);
		expect(places.length).toBeGreaterThan(8);
		for (const at of places) {
			const damaged = bytes.slice();
			damaged[at] = (damaged[at] ?? 0) ^ 1;
			expect(() => decodeCheckpoint(damaged), `byte ${at}`).toThrow(/decodeCheckpoint: the file is damaged/);
		}
		expect(decodeCheckpoint(bytes)).toEqual(state);
	});
});
