// The sizes of one convolution. JavaScript writes these fields, four bytes each and in this order
// (src/kernels/convolution-geometry.ts), so that a kernel needs one argument for all of them.

/** Images lie `[batch, height, width, channels]`. Output (y, x) sees input (y · stride + r · dilation - top, …) under tap (r, s). */
@unmanaged
export class Geometry {
	batch: i32;
	inHeight: i32;
	inWidth: i32;
	inChannels: i32;
	outHeight: i32;
	outWidth: i32;
	outChannels: i32;
	filterHeight: i32;
	filterWidth: i32;
	strideHeight: i32;
	strideWidth: i32;
	dilationHeight: i32;
	dilationWidth: i32;
	top: i32;
	left: i32;

	/** Output pixels of the whole batch. */
	get outPixels(): i32 {
		return this.batch * this.outHeight * this.outWidth;
	}

	/** Bytes of one image. */
	get itemBytes(): usize {
		return <usize>(this.inHeight * this.inWidth) * ((<usize>this.inChannels) << 2);
	}

	/** Output channels for each input channel, of a depthwise convolution. */
	get repeats(): i32 {
		return this.outChannels / this.inChannels;
	}

	/** Numbers that an output pixel sees: one for each tap and each input channel. */
	get patch(): i32 {
		return this.filterHeight * this.filterWidth * this.inChannels;
	}

	/** Whether each output pixel sees just the input pixel in its place, so that the images are their patches. */
	get pointwise(): bool {
		return (
			this.filterHeight == 1 &&
			this.filterWidth == 1 &&
			this.strideHeight == 1 &&
			this.strideWidth == 1 &&
			this.top == 0 &&
			this.left == 0 &&
			this.outHeight == this.inHeight &&
			this.outWidth == this.inWidth
		);
	}
}
