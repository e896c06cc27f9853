import { expect, it } from "vitest";
import { widenBf16, widenF16 } from "./half-floats.ts";

const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

it("widens every half float as IEEE 754 defines it", () => {
	const wide = widenF16(all);
	for (let bits = 0; bits < 65_536; bits++) {
		// Put together from the bits of a float64, whose exponent is biased by 1023 instead of 15.
		const [sign, exponent, fraction] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
		const view = new DataView(new ArrayBuffer(8));
		view.setUint32(0, (sign << 31) | ((exponent === 31 ? 2047 : exponent + 1008) << 20) | (fraction << 10));
		const normal = view.getFloat64(0);
		const subnormal = (sign === 1 ? -fraction : fraction) / 2 ** 24;
		expect(wide[bits]).toBe(exponent === 0 ? (fraction === 0 && sign === 1 ? -0 : subnormal) : normal);
	}
});

it("widens every bfloat16 by its bits", () => {
	const bits = new Uint32Array(widenBf16(all).buffer);
	expect(bits.every((wide, narrow) => wide === narrow * 65_536)).toBe(true);
});
