/** A picture without transparency. */
export interface Picture {
	readonly height: number;
	readonly width: number;
	/** 1: grey; 3: red, green and blue. */
	readonly colors: 1 | 3;
	/** `[height, width, colors]`, 0 (dark) to 1, row by row. */
	readonly values: Float32Array;
}

/** What lies behind what is transparent; `contrast`: white behind what is dark on the whole, black behind what is light. */
export type Ground = "black" | "white" | "contrast";

/** The pixels of a file, whatever form it had. */
export interface DecodedPicture extends Picture {
	/** `[height, width]`, 0 (transparent) to 1; absent where everything is opaque. */
	readonly alpha?: Float32Array;
}

/** Lays a picture on a ground. */
export function onGround({ alpha, ...picture }: DecodedPicture, ground: Ground): Picture {
	if (alpha === undefined) return picture;
	const { colors, values } = picture;
	const behind = (ground === "contrast" ? contrastOf(picture, alpha) : ground) === "white" ? 1 : 0;
	return {
		...picture,
		values: values.map((value, i) => behind + (alpha[Math.floor(i / colors)] ?? 1) * (value - behind)),
	};
}

/** The ground from which what is opaque differs most. */
function contrastOf(picture: Picture, alpha: Float32Array): Ground {
	let [light, opaque] = [0, 0];
	toGrey(picture).values.forEach((value, i) => {
		light += value * (alpha[i] ?? 0);
		opaque += alpha[i] ?? 0;
	});
	return light < 0.5 * opaque ? "white" : "black";
}

/** The brightness of every pixel, as BT.601 has it: 0.299 red + 0.587 green + 0.114 blue. */
export function toGrey(picture: Picture): Picture {
	if (picture.colors === 1) return picture;
	const { values } = picture;
	const grey = new Float32Array(values.length / 3);
	for (let i = 0; i < grey.length; i++) {
		const [red = 0, green = 0, blue = 0] = [values[3 * i], values[3 * i + 1], values[3 * i + 2]];
		grey[i] = 0.299 * red + 0.587 * green + 0.114 * blue;
	}
	return { ...picture, colors: 1, values: grey };
}

/** Red, green and blue, which are all the same in a grey picture. */
export function toRgb(picture: Picture): Picture {
	if (picture.colors === 3) return picture;
	const { values } = picture;
	return {
		...picture,
		colors: 3,
		values: new Float32Array(3 * values.length).map((_, i) => values[Math.floor(i / 3)] ?? 0),
	};
}

/** Dark becomes light, and light dark. */
export function inverted(picture: Picture): Picture {
	return { ...picture, values: picture.values.map((value) => 1 - value) };
}

/** The values as bytes, 0 to 255. */
export function bytesOf({ values }: Picture): Uint8Array {
	return Uint8Array.from(values, (value) => Math.round(255 * value));
}
