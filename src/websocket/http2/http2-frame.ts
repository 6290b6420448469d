import { Http2Error } from './http2-error.ts';

/** RFC 9113 section 6, in the order of their numbers. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** Parameters of SETTINGS by their names (RFC 9113 section 6.5.2, RFC 8441 section 3). */
export const settingIds = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
  ENABLE_CONNECT_PROTOCOL: 8,
} as const;

export type SettingName = keyof typeof settingIds;
export type Settings = { [name in SettingName]?: number };

export interface Http2Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

const headLength = 9;
/** What a frame may hold unless more was agreed (RFC 9113 section 4.2). */
export const largestFrame = 16_384;

export function encodeHttp2Frame({ type, flags, stream, payload }: Http2Frame): Buffer {
  const head = Buffer.alloc(headLength);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function encodeSettings(settings: Settings): Buffer {
  const named = Object.entries(settings) as [SettingName, number][];
  return Buffer.concat(
    named.map(([name, value]) => {
      const octets = Buffer.alloc(6);
      octets.writeUInt16BE(settingIds[name], 0);
      octets.writeUInt32BE(value, 2);
      return octets;
    }),
  );
}

/** Numbers and values of SETTINGS, in their order. */
export function decodeSettings(payload: Buffer): [id: number, value: number][] {
  return Array.from({ length: payload.length / 6 }, (_, index) => [
    payload.readUInt16BE(index * 6),
    payload.readUInt32BE(index * 6 + 2),
  ]);
}

export function numberPayload(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

/** The payload of DATA and HEADERS without its padding and its priority (RFC 9113 sections 6.1 and 6.2). */
export function withoutPadding({ type, flags, payload }: Http2Frame): Buffer {
  const padded = (flags & flag.padded) !== 0;
  const before = (padded ? 1 : 0) + (type === frameType.headers && (flags & flag.priority) !== 0 ? 5 : 0);
  const after = padded ? (payload[0] ?? 0) : 0;
  if (before + after > payload.length)
    throw new Http2Error(
      'PROTOCOL_ERROR',
      '6.1 of RFC 9113',
      'the padding of a frame is longer than the frame',
    );
  return payload.subarray(before, payload.length - after);
}

/** Cuts what comes into frames, in whatever pieces it comes. */
export class Http2FrameReader {
  #held: Buffer = Buffer.alloc(0);

  /** The frames that are whole now. Throws `Http2Error` as soon as one announces that it is too long. */
  *read(chunk: Buffer): Generator<Http2Frame> {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (this.#held.length >= headLength) {
      const length = this.#held.readUIntBE(0, 3);
      if (length > largestFrame)
        throw new Http2Error(
          'FRAME_SIZE_ERROR',
          '4.2 of RFC 9113',
          `a frame of ${length} octets is too long`,
        );
      if (this.#held.length < headLength + length) return;
      const frame = {
        type: this.#held[3] ?? 0,
        flags: this.#held[4] ?? 0,
        stream: this.#held.readUInt32BE(5) % 2 ** 31,
        payload: this.#held.subarray(headLength, headLength + length),
      };
      this.#held = this.#held.subarray(headLength + length);
      yield frame;
    }
  }
}
