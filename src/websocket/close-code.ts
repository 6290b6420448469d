/** What a close frame carries (RFC 6455 section 5.5.1). */
export interface CloseBody {
  /** Absent where the body is empty. */
  code?: number;
  reason: string;
}

/** Whether an endpoint may put the code into a close frame (RFC 6455 section 7.4). */
export function mayBeSent(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
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
