/** What a close frame carries (RFC 6455 section 5.5.1). */
export interface CloseBody {
  /** Absent where the body is empty. */
  code?: number;
  reason: string;
}

/** Codes that stand for what was not in a frame (RFC 6455 section 7.4.1). */
const neverSent = [1005, 1006, 1015];

/**
 * Whether an endpoint may put the code into a close frame (RFC 6455 section 7.4). Codes up to 2999 that nobody has
 * defined, 1004 among them, are reserved, but no text forbids to send them: some of them have been defined since.
 */
export function mayBeSent(code: number): boolean {
  return code >= 1000 && code <= 4999 && !neverSent.includes(code);
}

/** Whether somebody has given the code a meaning, or may: RFC 6455 section 7.4, and what was registered since. */
export function isDefined(code: number): boolean {
  return mayBeSent(code) && code !== 1004 && (code <= 1014 || code >= 3000);
}

export function encodeClose({ code, reason }: CloseBody): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const body = Buffer.alloc(2 + Buffer.byteLength(reason));
  body.writeUInt16BE(code);
  body.write(reason, 2);
  return body;
}

/** Reads the body of a close frame; one octet alone is read as no code. */
export function decodeClose(body: Buffer): CloseBody {
  if (body.length < 2) return { reason: '' };
  return { code: body.readUInt16BE(), reason: body.subarray(2).toString() };
}
