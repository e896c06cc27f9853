import { type AttentionImage, renderImageSvg } from "@heed/viz";

/** Images that stand beside each other, in one range of colours. */
export function drawImages(images: readonly AttentionImage[]): string[] {
	const heats = images.map(({ heat }) => (heat === undefined ? 0 : Math.max(...Array.from(heat.weights))));
	const largest = Math.max(...heats);
	return images.map((image) =>
		renderImageSvg(image, { theme: "light", ...(largest > 0 && { range: [0, largest] as const }) }),
	);
}
