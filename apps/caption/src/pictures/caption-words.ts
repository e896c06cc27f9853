/** The words of a caption: in lower case, without punctuation but apostrophes and hyphens within words. */
export function captionWords(caption: string): string[] {
	return caption.toLowerCase().match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
}
