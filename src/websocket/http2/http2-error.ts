/** RFC 9113 section 7, in the order of their numbers. */
export const errorCodes = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** The name of an error code; its number where it has none. */
export function nameOfCode(code: number): string {
  return errorCodes[code] ?? String(code);
}

/** The other side broke HTTP/2. */
export class Http2Error extends Error {
  override readonly name = 'Http2Error';
  readonly code: ErrorCode;
  /** With its document: `6.9.1 of RFC 9113`. */
  readonly section: string;

  constructor(code: ErrorCode, section: string, message: string) {
    super(message);
    this.code = code;
    this.section = section;
  }
}

/** The other side ended a stream by RST_STREAM, or all of them by GOAWAY. */
export class StreamReset extends Error {
  override readonly name = 'StreamReset';
  /** The name of the error code. */
  readonly reason: string;

  constructor(reason: string, how: 'RST_STREAM' | 'GOAWAY') {
    super(`${how} with ${reason}`);
    this.reason = reason;
  }
}
