/**
 * A message of protocol buffers as pieces of bytes, so that what is large is copied once: when all of it is put together.
 *
 * The wire format, https://protobuf.dev/programming-guides/encoding: every field is a key, `number · 8 + wire type`, and
 * its content.
 */
export type Message = readonly Uint8Array[];

const wireTypes = { varint: 0, bytes: 2, fixed32: 5 } as const;

/** A field of the types int32, int64, bool or enum. Negative numbers take ten bytes, as the format wants it. */
export function intField(field: number, value: number | bigint): Message {
	return [Uint8Array.from([...key(field, "varint"), ...varint(BigInt.asUintN(64, BigInt(value)))])];
}

/** A field of the type float. */
export function floatField(field: number, value: number): Message {
	const bytes = new Uint8Array(4);
	new DataView(bytes.buffer).setFloat32(0, value, true);
	return [Uint8Array.from([...key(field, "fixed32"), ...bytes])];
}

/** A field of the type string, UTF-8. */
export function textField(field: number, value: string): Message {
	return messageField(field, [new TextEncoder().encode(value)]);
}

/** A field whose content is another message, or bytes. */
export function messageField(field: number, content: Message): Message {
	return [Uint8Array.from([...key(field, "bytes"), ...varint(BigInt(messageBytes(content)))]), ...content];
}

/** The length of a message. */
export function messageBytes(message: Message): number {
	return message.reduce((sum, { length }) => sum + length, 0);
}

/** The message in one piece. */
export function joinMessage(message: Message): Uint8Array<ArrayBuffer> {
	const joined = new Uint8Array(messageBytes(message));
	let at = 0;
	for (const piece of message) {
		joined.set(piece, at);
		at += piece.length;
	}
	return joined;
}

function key(field: number, type: keyof typeof wireTypes): number[] {
	return varint(BigInt(field * 8 + wireTypes[type]));
}

/** Seven bits a byte, the least significant ones first; the eighth says that more follow. */
function varint(value: bigint): number[] {
	const bytes: number[] = [];
	let rest = value;
	for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
	return [...bytes, Number(rest)];
}
