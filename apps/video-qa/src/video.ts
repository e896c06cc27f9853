/** Grey frames of one size, one after the other. */
export interface Video {
	/** How it is called in messages and pictures. */
	readonly name: string;
	/** [count, height, width] row by row, 0 (background) to 255. */
	readonly frames: Uint8Array;
	readonly count: number;
	readonly height: number;
	readonly width: number;
}

/** What is asked about a video, and what is right. */
export interface Question {
	readonly text: string;
	readonly answer: string;
	/** What kind of question it is: accuracies are told for each. */
	readonly type: string;
}

/** A video with its questions. */
export interface VideoExample {
	readonly video: Video;
	readonly questions: readonly Question[];
	/** Classes that are seen in each frame, by their numbers: what the convolutions may be taught beside the answers. */
	readonly seen?: readonly (readonly number[])[];
}

/** Videos to learn from, to choose the epoch by, and to be judged by. */
export interface VideoSplit {
	readonly train: readonly VideoExample[];
	readonly dev: readonly VideoExample[];
	readonly test: readonly VideoExample[];
}
