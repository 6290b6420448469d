import { Http2Error } from './http2-error.ts';
import {
  decodeSettings,
  flag,
  type Http2Frame,
  largestFrame,
  type SettingName,
  settingIds,
} from './http2-frame.ts';

const names: ReadonlyMap<number, SettingName> = new Map(
  Object.entries(settingIds).map(([name, id]) => [id, name as SettingName]),
);
const largestWindow = 2 ** 31 - 1;

/** What the other side has told in its SETTINGS (RFC 9113 section 6.5), judged as it comes. */
export class PeerSettings {
  readonly #role: 'client' | 'server';
  readonly #values = new Map<SettingName, number>();
  /** SETTINGS came. */
  known = false;

  constructor(role: 'client' | 'server') {
    this.#role = role;
  }

  /** What was told of it last; undefined where nothing was. */
  get(name: SettingName): number | undefined {
    return this.#values.get(name);
  }

  get initialWindow(): number {
    return this.#values.get('INITIAL_WINDOW_SIZE') ?? 65_535;
  }

  /** Frames of more octets are not sent, however many the other side would take. */
  get maxFrame(): number {
    return largestFrame;
  }

  /** Takes a SETTINGS frame; false where it only acknowledges. Throws `Http2Error` for what must not be in one. */
  take({ flags, payload, stream }: Http2Frame): boolean {
    const isAck = (flags & flag.ack) !== 0;
    if (stream !== 0) throw new Http2Error('PROTOCOL_ERROR', '6.5 of RFC 9113', 'SETTINGS came on a stream');
    if (payload.length % 6 !== 0 || (isAck && payload.length > 0))
      throw new Http2Error('FRAME_SIZE_ERROR', '6.5 of RFC 9113', 'SETTINGS has a wrong length');
    if (isAck) return false;
    for (const [id, value] of decodeSettings(payload)) this.#set(names.get(id), value);
    this.known = true;
    return true;
  }

  #set(name: SettingName | undefined, value: number): void {
    if (name === undefined) return;
    if (name === 'ENABLE_CONNECT_PROTOCOL') this.#checkConnectProtocol(value);
    if (name === 'INITIAL_WINDOW_SIZE' && value > largestWindow)
      throw new Http2Error('FLOW_CONTROL_ERROR', '6.5.2 of RFC 9113', `INITIAL_WINDOW_SIZE is ${value}`);
    const isPush = name === 'ENABLE_PUSH' && value > (this.#role === 'server' ? 0 : 1);
    const isFrameSize = name === 'MAX_FRAME_SIZE' && (value < largestFrame || value >= 2 ** 24);
    if (isPush || isFrameSize)
      throw new Http2Error('PROTOCOL_ERROR', '6.5.2 of RFC 9113', `${name} is ${value}`);
    this.#values.set(name, value);
  }

  #checkConnectProtocol(value: number): void {
    const text =
      value > 1
        ? `SETTINGS_ENABLE_CONNECT_PROTOCOL is ${value}`
        : 'SETTINGS_ENABLE_CONNECT_PROTOCOL went back from 1 to 0';
    if (value > 1 || (value === 0 && this.#values.get('ENABLE_CONNECT_PROTOCOL') === 1))
      throw new Http2Error('PROTOCOL_ERROR', '3 of RFC 8441', text);
  }
}
