import { type AttentionMap, renderTerminal } from "@heed/viz";

/** True when text on this stream may be coloured: a terminal, and https://no-color.org does not forbid it. */
export function hasColor(stream: NodeJS.WriteStream): boolean {
	return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** A heat map as text that fits the stream, or nothing if there is no map. */
export function heatMap(map: AttentionMap | undefined, stream: NodeJS.WriteStream = process.stdout): string {
	if (map === undefined) return "";
	return renderTerminal(map, { color: hasColor(stream), width: Math.max(20, stream.columns ?? 100) });
}
