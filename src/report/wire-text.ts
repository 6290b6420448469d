import type { Colours } from './colours.ts';
import { prettyXml, type XmlToken } from './pretty-xml.ts';
import { oneLine, printable } from './printable.ts';
import type { WireFrame } from './wire-frames.ts';
import { hexLines, textOfOctets, type WireMark, type WirePart, type WireRow } from './wire-rows.ts';

const widest = 400;

/** Before what passed stands a margin, so that nothing a server sends looks like a row of its own. */
const margin = '            │ ';

const signs: Readonly<Record<WireMark, string>> = {
  cut: '✂',
  halt: '⏸',
  restore: '▶',
  slow: '◷',
  end: '■',
  tls: '⚿',
  note: '·',
};

/** Writes rows of what passed on the wire for a terminal; each actor has a colour of its own. */
export class WireText {
  readonly #colours: Colours;
  readonly #hues: readonly ((text: string) => string)[];
  readonly #actors: string[] = [];

  constructor(colours: Colours) {
    this.#colours = colours;
    const { cyan, magenta, blue, yellow } = colours;
    this.#hues = [cyan, magenta, blue, yellow];
  }

  lines(row: WireRow): string[] {
    const { bold, dim, red } = this.#colours;
    if (row.kind === 'omitted')
      return [dim(`${margin}… ${counted(row.entries, 'entry', 'entries')}, ${octets(row.bytes)}, left out`)];
    const time = dim(row.at.toFixed(1).padStart(9));
    if (row.kind === 'step') {
      const step = oneLine(row.text, widest);
      return [`${time} ${row.failed ? red(bold(`✗ ${step}`)) : bold(`▸ ${step}`)}`];
    }
    if (row.kind === 'log') return [`${time} ${dim(`≡ server logs: ${oneLine(row.text, widest)}`)}`];
    const actor = this.#actor(row.actor);
    if (row.kind === 'event') return [`${time} ${signs[row.mark]} ${actor} ${oneLine(row.text, widest)}`];
    const way = row.direction === 'sent' ? `${actor} → server` : `${actor} ← server`;
    const hidden = row.omittedBytes > 0 ? `, the last ${octets(row.omittedBytes)} not shown` : '';
    return [
      `${time} ${way}  ${dim(`${octets(row.bytes)}${hidden}`)}`,
      ...row.parts.flatMap((part) => this.#part(part)).flatMap((line) => this.#inMargin(line)),
    ];
  }

  #actor(name: string): string {
    if (!this.#actors.includes(name)) this.#actors.push(name);
    const hue = this.#hues[this.#actors.indexOf(name) % this.#hues.length];
    const shown = oneLine(name, 40);
    return hue ? hue(shown) : shown;
  }

  /** A tag can hold line feeds. */
  #inMargin(line: string): string[] {
    return line.split('\n').map((one) => this.#colours.dim(margin) + one);
  }

  #part(part: WirePart): string[] {
    const { bold, dim } = this.#colours;
    if (part.kind === 'frame') return [this.#frame(part.frame), ...this.#payloadOf(part.frame)];
    if (part.kind === 'rest')
      return [
        `${bold('rest of the frame before')} ${dim(octets(part.rest.length))}`,
        ...this.#payload(part.rest.payload),
      ];
    if (part.kind === 'octets') return this.#payload(part.octets);
    return part.kind === 'xml' ? this.#xml(part.text) : plainLines(part.text);
  }

  #frame({ fin, reserved, name, masked, length, payload, close }: WireFrame): string {
    const { bold, dim } = this.#colours;
    const flags = [fin ? 'FIN' : 'not final', ...reserved, masked ? 'masked' : 'not masked'];
    const code = close ? ` ${close.code} ${oneLine(close.reason, widest)}`.trimEnd() : '';
    const shown = payload.length < length ? `, ${octets(payload.length)} of it here` : '';
    return `${bold(`${name}${code}`)} ${dim(`${flags.join(', ')}, ${octets(length)}${shown}`)}`;
  }

  #payloadOf({ close, payload }: WireFrame): string[] {
    return close ? [] : this.#payload(payload);
  }

  #payload(payload: Uint8Array): string[] {
    if (payload.length === 0) return [];
    const text = textOfOctets(payload);
    if (text === undefined) return hexLines(payload);
    return text.startsWith('<') ? this.#xml(text) : plainLines(text);
  }

  #xml(text: string): string[] {
    const { cyan, green, yellow } = this.#colours;
    const same = (word: string) => word;
    const hues: Record<XmlToken['kind'], (word: string) => string> = {
      tag: cyan,
      name: yellow,
      value: green,
      text: same,
      other: same,
    };
    return prettyXml(text).map(
      ({ depth, tokens }) =>
        '  '.repeat(depth) + tokens.map(({ kind, text: word }) => hues[kind](printable(word))).join(''),
    );
  }
}

function plainLines(text: string): string[] {
  return text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => printable(line));
}

export function octets(count: number): string {
  return count < 10_000 ? `${count} B` : `${(count / 1_024).toFixed(0)} KiB`;
}

export function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}
