const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/**
 * Puts text of a right-to-left script between marks (FSI, PDI) that keep it from turning its neighbours around in
 * terminals that reorder. The marks take no room.
 */
export function isolate(text: string): string {
	return rightToLeft.test(text) ? `\u2068${text}\u2069` : text;
}
