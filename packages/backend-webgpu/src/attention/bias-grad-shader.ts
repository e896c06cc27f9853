import type { StorageBinding } from "../device/gpu-programs.ts";
import { type AttentionSpec, declarations, sideBindings } from "./attention-shader.ts";
import { queryRows, rowBases } from "./score-code.ts";
import { gradInputs, gradLoaders, listBehindSums, ownSums, scoreGrads } from "./score-grad-code.ts";
import { type Tile, tileSizes, workgroupBytes } from "./tile.ts";
import { TileCode } from "./tile-code.ts";

/** The storage buffers of {@link biasGradShader}, in order. */
export function biasGradBindings(spec: AttentionSpec): StorageBinding[] {
	return [
		...gradInputs(spec),
		{ name: "biasGrad", access: "read_write", type: "array<f32>" },
		...sideBindings(spec),
	];
}

/** The axes of scores that a bias is broadcast on. */
interface BiasBroadcast {
	readonly queries: boolean;
	readonly keys: boolean;
}

/** What the threads have summed is summed once more through workgroup memory: so many vec4. */
function sumsShared(tile: Tile, broadcast: BiasBroadcast): number {
	const { threads, threadsX, threadsY, blockRows, blockColumns } = tileSizes(tile);
	return Math.max(
		threads,
		broadcast.queries ? blockColumns * threadsY : 0,
		broadcast.keys ? blockRows * threadsX : 0,
	);
}

/** Bytes of workgroup memory that the kernel takes, however the bias is broadcast. */
export function biasGradBytes(tile: Tile): number {
	const sums = 16 * sumsShared(tile, { queries: true, keys: true });
	const product = workgroupBytes(tile, []);
	return tile.half === undefined ? Math.max(product, sums) : product + sums;
}

/**
 * dBias: a workgroup owns a block of the bias (all rows or columns where it is broadcast on them) and walks over the items
 * and heads that share it. Groups come as (query block, key block, bias item · bias heads + bias head).
 */
export function biasGradShader(spec: AttentionSpec, tile: Tile, broadcast: BiasBroadcast): string {
	const code = new TileCode(tile);
	const { blockRows, blockColumns, threads, threadsX, threadsY } = code.sizes;
	const { query, key } = queryRows(code);
	const at = (row: string, column: string): string =>
		`base + ${broadcast.queries ? "" : `${row} * p.biasStrides.z + `}${broadcast.keys ? "0u" : column}`;
	const sumOfRows = (j: number): string => code.rows.map((r) => `sum_${r}_${j}`).join(" + ");
	const sumOfColumns = (r: number): string => code.columns.map((j) => `sum_${r}_${j}`).join(" + ");
	let result = code.each(
		(r, j) =>
			`if (${query(r, j)} < p.queries && ${key(r, j)} < p.keys) { biasGrad[${at(query(r, j), key(r, j))}] = sum_${r}_${j}; }`,
	);
	const summed = (count: number, stride: number, parts: number, store: string): string => `
	workgroupBarrier();
	for (var e = tid; e < ${count}u; e += ${threads}u) {
		var total = 0.0;
		for (var i = 0u; i < ${parts}u; i++) { total += ${code.sums}[i * ${stride}u + e].x; }
		${store}
	}`;
	if (broadcast.queries && broadcast.keys) {
		const all = code.rows.map((r) => sumOfColumns(r)).join(" + ");
		result = `workgroupBarrier(); ${code.sums}[tid] = vec4<f32>(${all}); ${summed(1, 1, threads, "biasGrad[base] = total;")}`;
	} else if (broadcast.queries) {
		const write = code.eachColumn(
			(j) => `${code.sums}[ty * ${blockColumns}u + ${code.column(j)}] = vec4<f32>(${sumOfRows(j)});`,
		);
		const store = `if (k0 + e < p.keys) { biasGrad[${at("", "(k0 + e)")}] = total; }`;
		result = `let k0 = group.y * ${blockColumns}u; workgroupBarrier(); ${write} ${summed(blockColumns, blockColumns, threadsY, store)}`;
	} else if (broadcast.keys) {
		const write = code.eachRow(
			(r) => `${code.sums}[tx * ${blockRows}u + ${code.row(r)}] = vec4<f32>(${sumOfColumns(r)});`,
		);
		const store = `if (q0 + e < p.queries) { biasGrad[${at("(q0 + e)", "")}] = total; }`;
		result = `let q0 = group.x * ${blockRows}u; workgroupBarrier(); ${write} ${summed(blockRows, blockRows, threadsX, store)}`;
	} else {
		result = `let q0 = group.x * ${blockRows}u; let k0 = group.y * ${blockColumns}u;\n${result}`;
	}
	const loop = (name: string, block: number, broadcastOn: boolean, from: string, size: string): string =>
		broadcastOn
			? `for (var ${name} = 0u; ${name} < ${size}; ${name} += ${block}u)`
			: `for (var ${name} = ${from} * ${block}u; ${name} < (${from} + 1u) * ${block}u; ${name} += ${block}u)`;
	return `
${declarations(spec, biasGradBindings(spec), listBehindSums)}
${gradLoaders(spec, tile)}
${code.header([], sumsShared(tile, broadcast))}
	let biasHeads = select(p.heads, 1u, p.biasStrides.y == 0u);
	let biasItem = group.z / biasHeads;
	let biasHead = group.z % biasHeads;
	let base = biasItem * p.biasStrides.x + biasHead * p.biasStrides.y;
	let count = p.batch * p.heads * p.queries;
	${code.each((r, j) => `var sum_${r}_${j} = 0.0;`)}
	let firstItem = select(biasItem, 0u, p.biasStrides.x == 0u);
	let endItem = select(biasItem + 1u, p.batch, p.biasStrides.x == 0u);
	let firstHead = select(biasHead, 0u, p.biasStrides.y == 0u);
	let endHead = select(biasHead + 1u, p.heads, p.biasStrides.y == 0u);
	for (var b = firstItem; b < endItem; b++) {
	for (var h = firstHead; h < endHead; h++) {
		let bh = b * p.heads + h;
		let kvHead = b * p.keyHeads + h / (p.heads / p.keyHeads);
		${rowBases(spec)}
		${loop("q0", blockRows, broadcast.queries, "group.x", "p.queries")} {
			${ownSums(spec, code)}
			${loop("k0", blockColumns, broadcast.keys, "group.y", "p.keys")} {
				${scoreGrads(spec, code)}
				${code.each((r, j) => `sum_${r}_${j} += g_${r}_${j};`)}
			}
		}
	}
	}
	${result}
}
`;
}
