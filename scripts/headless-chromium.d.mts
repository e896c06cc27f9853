// For programs in TypeScript: what of headless-chromium.mjs they use.

export interface ChromiumPage<Result> {
	readonly code: string;
	readonly answer?: (url: URL) => { readonly type: string; readonly body: string | Buffer } | undefined;
	readonly hear: (path: string, news: unknown) => Result | undefined;
	readonly seconds: number;
	readonly card?: boolean;
	readonly extraFlags?: readonly string[];
	readonly signal?: AbortSignal;
}

export class PageError extends Error {
	readonly reason: "no browser" | "interrupted" | "failed";
}

export function bundlePage(input: string): Promise<string>;

export function openInChromium<Result>(page: ChromiumPage<Result>): Promise<Result>;
