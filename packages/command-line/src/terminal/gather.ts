import { setTimeout as pause } from "node:timers/promises";

/**
 * Puts items together that come together: `most` at once, or fewer where the next keeps one waiting.
 *
 * @param patience How long an item is waited for while others are there, in milliseconds.
 */
export async function* gather<Item>(
	items: AsyncIterable<Item>,
	most: number,
	patience = 20,
): AsyncGenerator<Item[]> {
	const source = items[Symbol.asyncIterator]();
	let next: Promise<IteratorResult<Item>> | undefined;
	for (;;) {
		let result: IteratorResult<Item> | undefined = await (next ?? source.next());
		const group: Item[] = [];
		while (result !== undefined && result.done !== true) {
			next = undefined;
			group.push(result.value);
			if (group.length === most) break;
			next = source.next();
			result = await soon(next, patience);
		}
		if (group.length > 0) yield group;
		if (result?.done === true) return;
	}
}

/** What a promise gives in time; `undefined` where it does not, or fails: then it is awaited again, and says so. */
async function soon<Value>(promise: Promise<Value>, patience: number): Promise<Value | undefined> {
	const enough = new AbortController();
	const late = pause(patience, undefined, { signal: enough.signal });
	try {
		return await Promise.race([promise, late]);
	} catch {
		return undefined;
	} finally {
		late.catch(() => {});
		enough.abort();
	}
}
