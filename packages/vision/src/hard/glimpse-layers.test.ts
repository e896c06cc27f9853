import { captureAttention, disposeAttention } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { expectWeightGradients } from "../../test/expect-weight-gradients.ts";
import { readWeights, stirWeights } from "../../test/plain-layers.ts";
import { dense, relu } from "../../test/plain-numbers.ts";
import { saveAndLoad } from "../../test/save-and-load.ts";
import { glimpseNetwork } from "./glimpse-network.ts";
import { glimpseSensor } from "./glimpse-sensor.ts";

const [batch, height, width, channels] = [3, 11, 7, 2];
const window = { patchSize: 3, numScales: 3, scale: 2 };
const features = window.patchSize ** 2 * window.numScales * channels;
const places = [
	[0, 0],
	[-1, 1],
	[0.73, -0.41],
];
const image = (): tf.Tensor4D => randomTensor<tf.Rank.R4>([batch, height, width, channels], 1);
const location = (): tf.Tensor2D => tf.tensor2d(places);

/** Top and left of the patches of a scale, by the formula. */
const corner = (b: number, ratio: number): [top: number, left: number] => {
	const [x = 0, y = 0] = places[b] ?? [];
	const half = Math.floor((window.patchSize * ratio) / 2);
	return [Math.floor(((y + 1) / 2) * height) - half, Math.floor(((x + 1) / 2) * width) - half];
};

/** All patches in float64, `[batch][row, column, scale, channel]`. */
function plainPatches(x: tf.Tensor4D): number[][] {
	const values = x.arraySync();
	const { patchSize, numScales, scale } = window;
	return values.map((rows, b) => {
		const patches: number[] = [];
		for (let cell = 0; cell < patchSize ** 2; cell++) {
			for (let k = 0; k < numScales; k++) {
				const ratio = scale ** k;
				const [top, left] = corner(b, ratio);
				for (let c = 0; c < channels; c++) {
					let sum = 0;
					for (let i = 0; i < ratio * ratio; i++) {
						const row = top + Math.floor(cell / patchSize) * ratio + Math.floor(i / ratio);
						const column = left + (cell % patchSize) * ratio + (i % ratio);
						sum += rows[row]?.[column]?.[c] ?? 0;
					}
					patches.push(sum / ratio ** 2);
				}
			}
		}
		return patches;
	});
}

describeOnEveryBackend("a glimpse", () => {
	it("takes the mean of the pixels of each scale, zeros beyond the edges, and says where", () => {
		tf.tidy(() => {
			const layer = glimpseSensor({ ...window, returnAttention: true, name: "eye" });
			const { result, records } = captureAttention(() => layer.apply([image(), location()]));
			const [patches, boxes] = result as [tf.Tensor, tf.Tensor];
			expect(patches.shape).toEqual([batch, 3, 3, 6]);
			expectClose(patches, plainPatches(image()).flat());
			const expected = places.flatMap((_, b) =>
				[1, 2, 4].flatMap((ratio) => {
					const [top, left] = corner(b, ratio);
					return [top, left, top + 3 * ratio, left + 3 * ratio];
				}),
			);
			expectClose(boxes, expected, { atol: 0 });
			expect(records.map(({ layer: name, kind, axes }) => ({ name, kind, axes }))).toEqual([
				{ name: "eye", kind: "glimpse", axes: ["batch", "scale", "side"] },
			]);
			expectClose(records[0]?.weights as tf.Tensor, boxes, { atol: 0 });
			const shapes = [
				[null, height, width, channels],
				[null, 2],
			];
			expect(layer.computeOutputShape(shapes)).toEqual([
				[null, 3, 3, 6],
				[null, 3, 4],
			]);
			disposeAttention(records);
		});
	});

	it("in the centre of 28 × 28 is rows and columns 10 to 17, and in a corner a quarter of the patch", () => {
		tf.tidy(() => {
			const x = randomTensor<tf.Rank.R4>([3, 28, 28, 1], 2);
			const patches = glimpseSensor().apply([
				x,
				tf.tensor2d([
					[0, 0],
					[-1, -1],
					[1, 1],
				]),
			]) as tf.Tensor4D;
			const part = (b: number, start: number, size: number): tf.Tensor =>
				tf.slice(x, [b, start, start, 0], [1, size, size, 1]);
			const padding = [
				[0, 0],
				[4, 0],
				[4, 0],
				[0, 0],
			] as [number, number][];
			const behind = padding.map(([a, b]) => [b, a]) as [number, number][];
			const expected = [part(0, 10, 8), tf.pad(part(1, 0, 4), padding), tf.pad(part(2, 24, 4), behind)];
			expectClose(patches, tf.concat(expected, 0), { atol: 0 });
		});
	});

	it("takes one image of one pixel and one channel", () => {
		tf.tidy(() => {
			const layer = glimpseSensor({ patchSize: 1, numScales: 2 });
			const seen = layer.apply([tf.fill([1, 1, 1, 1], 8), tf.zeros([1, 2])]) as tf.Tensor;
			expectClose(seen, [8, 2], { atol: 0 }); // of its coarse pixel three quarters lie beyond the edges
		});
	});

	it.each(["add", "multiply"] as const)("becomes features with its place, %s", (combine) => {
		const sizes = { glimpseUnits: 5, locationUnits: 3, units: 4, combine };
		tf.tidy(() => {
			const layer = glimpseNetwork({ ...window, ...sizes, seed: 0 });
			const run = (...inputs: tf.Tensor[]): tf.Tensor => layer.apply(inputs) as tf.Tensor;
			run(image(), location());
			stirWeights(layer);
			const weights = readWeights(layer);
			const expected = plainPatches(image()).map((patch, b) => {
				const seen = dense(weights, "fromWhat", relu(dense(weights, "what", patch)));
				const placed = dense(weights, "fromWhere", relu(dense(weights, "where", places[b] ?? [])));
				return combine === "add"
					? relu(seen.map((value, i) => value + (placed[i] ?? 0)))
					: relu(seen).map((value, i) => value * Math.max(placed[i] ?? 0, 0));
			});
			expectClose(run(image(), location()), expected.flat());
			// Places well inside a pixel, where rounding is constant: its gradient is 0, and what remains is that of `where`.
			const inner = tf.tensor2d([
				[0.4, 0.5],
				[-0.5, 0.15],
				[0.6, -0.2],
			]);
			expectGradientsMatch(run, [image(), inner], { names: ["x", "location"], coordinates: 12 });
			expectWeightGradients(layer, () => run(image(), inner), { step: 2e-4 });
			expect(layer.countParams()).toBe(features * 5 + 5 + 2 * 3 + 3 + 5 * 4 + 4 + 3 * 4 + 4);
			const dead = tf.grad((l: tf.Tensor) => tf.sum(glimpseSensor(window).apply([image(), l]) as tf.Tensor));
			expect(() => dead(inner)).toThrow(/Cannot compute gradient/);
		});
	});

	it("trains, saves and loads in a model", async () => {
		const x = input({ shape: [height, width, channels] });
		const l = input({ shape: [2] });
		const sizes = { glimpseUnits: 5, locationUnits: 3, units: 4 };
		const seen = glimpseNetwork({ ...window, ...sizes, name: "seen", seed: 2 }).apply([x, l]);
		const raw = glimpseSensor({ patchSize: 2, name: "raw" }).apply([x, l]);
		const flat = layers.flatten().apply(raw as SymbolicTensor);
		const network = model({ inputs: [x, l], outputs: [seen, flat] as SymbolicTensor[] });
		network.compile({ optimizer: tf.train.adam(0.02), loss: "meanSquaredError" });
		const data = [image(), location()];
		const targets = [randomTensor([batch, 4], 5), randomTensor([batch, 4 * channels], 6)];
		const { history } = await network.fit(data, targets, { epochs: 4, verbose: 0, shuffle: false });
		const losses = history.loss as number[];
		expect(losses.at(-1)).toBeLessThan(losses[0] as number);
		const copy = await saveAndLoad(network);
		for (const name of ["seen", "raw"]) {
			expect(copy.getLayer(name).getConfig()).toEqual(network.getLayer(name).getConfig());
		}
		const [mine, theirs] = [network.predict(data), copy.predict(data)] as [tf.Tensor[], tf.Tensor[]];
		mine.forEach((output, i) => {
			expectClose(theirs[i] as tf.Tensor, output, { atol: 1e-6 });
		});
		tf.dispose([data, targets, mine, theirs]);
		network.dispose();
		copy.dispose();
	});

	it("does not see masked pixels, NaN included, nor leave anything behind", () => {
		tf.tidy(() => {
			const layer = glimpseSensor(window);
			const live = tf.greater(randomTensor([batch, height, width], 7), 0) as tf.Tensor3D;
			const fill = (value: number): tf.Tensor =>
				tf.where(tf.expandDims(live, 3), image(), tf.fill([batch, height, width, channels], value));
			const run = (x: tf.Tensor): tf.Tensor => layer.apply([x, location(), live]) as tf.Tensor;
			expect([...run(fill(Number.NaN)).dataSync()]).toEqual([...run(fill(3)).dataSync()]);
			expectClose(run(fill(9)), plainPatches(fill(0) as tf.Tensor4D).flat());
			const inputs = [image(), location()];
			expectNoLeak(() => layer.apply(inputs) as tf.Tensor);
			expectNoLeak(() => layer.call(inputs.slice(1), {}), { throws: true });
		});
	});

	it("says what is wrong", () => {
		tf.tidy(() => {
			const layer = glimpseSensor(window);
			layer.apply([image(), location()]);
			const wrong: [RegExp, () => unknown][] = [
				[/glimpseSensor: `patchSize` is 0/, () => glimpseSensor({ patchSize: 0 })],
				[/`scale` is 1; expected a whole number at least 2/, () => glimpseSensor({ scale: 1 })],
				[/glimpseNetwork: `combine` is "mul"/, () => glimpseNetwork({ combine: "mul" as never })],
				[/`units` is 0/, () => glimpseNetwork({ units: 0 })],
				[/unknown option `size`/, () => glimpseSensor({ size: 3 } as never)],
				[
					/location \[batch, coordinates 3\] does not fit/,
					() => glimpseSensor().apply([image(), tf.zeros([batch, 3])]),
				],
				[/location \[batch 2.*expected batch 3/, () => layer.call([image(), tf.zeros([2, 2])], {})],
				[/location is int32/, () => layer.call([image(), tf.zeros([batch, 2], "int32")], {})],
				[/x .*is empty/, () => layer.call([tf.zeros([0, 3, 3, channels]), tf.zeros([0, 2])], {})],
				[/1 inputs came; expected \[x, location\]/, () => layer.call([image()], {})],
				[/location \[\] has rank 0; .*Pass \[x, location\]/, () => glimpseSensor().apply(image())],
			];
			for (const [message, run] of wrong) expect(run).toThrow(message);
		});
	});
});
