// The gradient of max pooling: what arrives at an output goes to the first largest pixel of its window, channel by channel.

import { Geometry } from "./convolution/geometry";

/** dx[the first largest of a window] += dy. A NaN is never the largest; a window of nothing but -Infinity and NaN drops its dy. */
export function maxPoolGrad(pointer: usize, x: usize, dy: usize, dx: usize): void {
	const geometry = changetype<Geometry>(pointer);
	const channels = geometry.inChannels;
	const pixelBytes = (<usize>channels) << 2;
	const lineBytes = <usize>geometry.inWidth * pixelBytes;
	memory.fill(dx, 0, <usize>geometry.batch * geometry.itemBytes);
	for (let b = 0; b < geometry.batch; b++, x += geometry.itemBytes, dx += geometry.itemBytes) {
		for (let y = 0; y < geometry.outHeight; y++) {
			const top = y * geometry.strideHeight - geometry.top;
			const firstRow = max(0, top);
			const rows = min(geometry.inHeight, top + geometry.filterHeight) - firstRow;
			for (let column = 0; column < geometry.outWidth; column++, dy += pixelBytes) {
				const left = column * geometry.strideWidth - geometry.left;
				const first = max(0, left);
				const columns = min(geometry.inWidth, left + geometry.filterWidth) - first;
				if (rows <= 0 || columns <= 0) continue;
				const window = <usize>firstRow * lineBytes + <usize>first * pixelBytes;
				giveToLargest(x + window, lineBytes, rows, columns, channels, dy, dx + window);
			}
		}
	}
}

/** One window of pixels that lie without gaps in `rows` lines, `lineBytes` apart. */
export function giveToLargest(
	x: usize,
	lineBytes: usize,
	rows: i32,
	columns: i32,
	channels: i32,
	dy: usize,
	dx: usize,
): void {
	const pixelBytes = (<usize>channels) << 2;
	const rowBytes = <usize>columns * pixelBytes;
	let c = 0;
	for (; c + 4 <= channels; c += 4, x += 16, dy += 16, dx += 16) {
		let largest = f32x4.splat(-(<f32>Infinity));
		// One more than how many bytes into the window the largest lies: it grows, and 0 is none.
		let place = i32x4.splat(0);
		for (let i = 0, line: usize = 0; i < rows; i++, line += lineBytes) {
			for (let at = line; at < line + rowBytes; at += pixelBytes) {
				const value = v128.load(x + at);
				const larger = f32x4.gt(value, largest);
				place = i32x4.max_u(place, v128.and(larger, i32x4.splat(<i32>at + 1)));
				largest = f32x4.pmax(largest, value); // value only where it is larger, so no NaN
			}
		}
		give(dx, i32x4.extract_lane(place, 0), load<f32>(dy));
		give(dx + 4, i32x4.extract_lane(place, 1), load<f32>(dy, 4));
		give(dx + 8, i32x4.extract_lane(place, 2), load<f32>(dy, 8));
		give(dx + 12, i32x4.extract_lane(place, 3), load<f32>(dy, 12));
	}
	for (; c < channels; c++, x += 4, dy += 4, dx += 4) {
		let largest = -(<f32>Infinity);
		let place: usize = 0;
		for (let i = 0, line: usize = 0; i < rows; i++, line += lineBytes) {
			for (let at = line; at < line + rowBytes; at += pixelBytes) {
				const value = load<f32>(x + at);
				if (value > largest) {
					largest = value;
					place = at + 1;
				}
			}
		}
		give(dx, place, load<f32>(dy));
	}
}

function give(dx: usize, place: usize, dy: f32): void {
	if (place == 0) return;
	const at = dx + place - 1;
	store<f32>(at, load<f32>(at) + dy);
}
