import { assignWeights, Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, type OnnxCase, onnxCases } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { it } from "vitest";
import { GruCell } from "./gru-cell.ts";
import { LstmCell } from "./lstm-cell.ts";

const all = [...onnxCases("GRU"), ...onnxCases("LSTM")];
const cases = all.filter(({ features }) => !features.includes("peepholes"));
console.info(
	`ONNX GRU and LSTM: ${cases.length} of ${all.length} cases on each backend; left out: peepholes`,
);

const values = ({ inputs, outputs }: OnnxCase, role: string): tf.Tensor | undefined => {
	const tensor = [...inputs, ...outputs].find((candidate) => candidate.role === role);
	return tensor && tf.tensor(tensor.data.map(Number), tensor.shape);
};

/** Rows i, o, f, c (ONNX) as columns i, f, c, o; those of a GRU are in our order already. */
function columns(rows: tf.Tensor, op: string): tf.Tensor {
	const last = rows.rank === 2 ? tf.transpose(rows) : rows;
	if (op === "GRU") return last;
	const [i, o, f, c] = tf.split(last, 4, last.rank - 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
	return tf.concat([i, f, c, o], last.rank - 1);
}

describeOnEveryBackend("ONNX recurrent cells", () => {
	it.each(cases.map((fixture) => [fixture.name, fixture] as const))("%s", (_, fixture) => {
		const { op, attributes } = fixture;
		const units = Number(attributes.hidden_size);
		const gates = op === "GRU" ? 3 : 4;
		tf.tidy(() => {
			const given = values(fixture, "X") as tf.Tensor3D;
			const x = attributes.layout === 1 ? tf.transpose(given, [1, 0, 2]) : given; // [T, B, in]
			const first = (role: string): tf.Tensor => tf.squeeze(values(fixture, role) as tf.Tensor, [0]);
			const biases = values(fixture, "B") ? first("B") : tf.zeros([2 * gates * units]);
			const [input, recurrent] = tf.split(biases, 2) as [tf.Tensor, tf.Tensor];
			const options = { inputSize: x.shape[2], units };
			const cell =
				op === "GRU"
					? new GruCell(new Parameters(), { ...options, resetAfter: false })
					: new LstmCell(new Parameters(), options);
			assignWeights(cell.weights, {
				kernel: columns(first("W"), op),
				recurrentKernel: columns(first("R"), op),
				bias: columns(tf.add(input, recurrent), op), // before the reset, both biases only appear as their sum
			});
			const { outputs, state } = cell.sequence(x, cell.zeroState(x.shape[1]));
			const [hidden] = state as [tf.Tensor2D];
			expectClose(tf.reshape(hidden, [-1]), tf.reshape(values(fixture, "Y_h") as tf.Tensor, [-1]), {
				atol: 5e-5,
			});
			const y = values(fixture, "Y");
			if (y !== undefined) expectClose(tf.reshape(outputs, [-1]), tf.reshape(y, [-1]), { atol: 5e-5 }); // one step, one direction
		});
	});
});
