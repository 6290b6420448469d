import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Evidence, Failure } from '../../record/record.schema.ts';
import { prettyXml } from '../pretty-xml.ts';
import { printable } from '../printable.ts';
import type { WireFrame } from '../wire-frames.ts';
import { hexLines, textOfOctets, type Wire, type WirePart, type WireRow, wireOf } from '../wire-rows.ts';
import { octets, plural, Section, Text } from './parts.tsx';

/** Lines of one chunk that are shown before the reader asks for more. */
const shownLines = 16;
const hues = 6;

/** What passed on the wire: a lane for each actor and one for the server, time running down. */
export function WireView({ evidence, failure }: { evidence: Evidence; failure: Failure | undefined }) {
  const wire = useMemo(() => wireOf(evidence, failure), [evidence, failure]);
  const messages = evidence.transcript.filter(
    ({ direction }) => direction === 'sent' || direction === 'received',
  );
  return (
    <Section
      title="The wire"
      extra={`${plural(messages.length, 'chunk')} of ${plural(wire.actors.length, 'actor')}`}
    >
      <div class="wire" style={{ '--lanes': wire.actors.length + 1 }}>
        <div class="wire-head" aria-hidden="true">
          <span class="wire-time">ms</span>
          <Lanes count={wire.actors.length + 1}>
            {[...wire.actors, 'server'].map((name, lane) => (
              <span
                key={name}
                class={`lane-name hue-${lane === wire.actors.length ? 'server' : lane % hues}`}
                style={{ '--lane': lane }}
                title={printable(name)}
              >
                <Text of={name} />
              </span>
            ))}
          </Lanes>
        </div>
        {wire.setUp.length > 0 ? (
          <details class="set-up">
            <summary>Set-up: {summaryOf(wire.setUp)}</summary>
            <Rows rows={wire.setUp} wire={wire} />
          </details>
        ) : null}
        <Rows rows={wire.rows} wire={wire} />
        {failure ? (
          <p class={`wire-end ${failure.tolerated === undefined ? '' : 'tolerated'}`}>
            <Text of={failure.message} />
          </p>
        ) : null}
      </div>
    </Section>
  );
}

function summaryOf(rows: readonly WireRow[]): string {
  const chunks = rows.filter((row) => row.kind === 'octets').length;
  const last = rows.at(-1);
  return `${plural(chunks, 'chunk')}${last && 'at' in last ? `, until ${last.at.toFixed(0)} ms` : ''}`;
}

function Rows({ rows, wire }: { rows: readonly WireRow[]; wire: Wire }) {
  return (
    <>
      {rows.map((row, index) => (
        <Row key={index} row={row} wire={wire} />
      ))}
    </>
  );
}

function Row({ row, wire: { actors } }: { row: WireRow; wire: Wire }) {
  if (row.kind === 'omitted')
    return (
      <p class="wire-omitted">
        {plural(row.entries, 'entry', 'entries')} with {octets(row.bytes)} are left out here
      </p>
    );
  if (row.kind === 'step')
    return (
      <h3 class={`wire-step${row.failed ? ' fails' : ''}`}>
        {row.failed ? <span class="unseen">failed: </span> : null}
        <Text of={row.text.trim()} />
      </h3>
    );
  if (row.kind === 'log') return <LogRow row={row} actors={actors} />;
  return row.kind === 'event' ? (
    <EventRow row={row} actors={actors} />
  ) : (
    <ChunkRow row={row} actors={actors} />
  );
}

interface RowProps<Kind extends WireRow['kind']> {
  row: Extract<WireRow, { kind: Kind }>;
  actors: readonly string[];
}

function LogRow({ row, actors }: RowProps<'log'>) {
  return (
    <div class="wire-row wire-log">
      <span class="wire-time">{row.at.toFixed(0)}</span>
      <Lanes count={actors.length + 1}>
        <span class="event-mark" style={{ '--lane': actors.length }} aria-hidden="true">
          ≡
        </span>
      </Lanes>
      <div class="wire-content">
        <span class="who hue-server">server logs</span>
        {': '}
        <Text of={row.text} />
      </div>
    </div>
  );
}

function EventRow({ row, actors }: RowProps<'event'>) {
  const { lane, hue } = placeOf(row.actor, actors);
  return (
    <div class={`wire-row wire-event mark-${row.mark}`}>
      <span class="wire-time">{row.at.toFixed(1)}</span>
      <Lanes count={actors.length + 1}>
        <span class="event-mark" style={{ '--lane': lane }} aria-hidden="true">
          {eventSigns[row.mark]}
        </span>
      </Lanes>
      <div class="wire-content">
        {row.text.startsWith('the network ') ? null : (
          <>
            <span class={`who hue-${hue}`}>
              <Text of={row.actor} />
            </span>
            {': '}
          </>
        )}
        <Text of={row.text} />
      </div>
    </div>
  );
}

function ChunkRow({ row, actors }: RowProps<'octets'>) {
  const { lane, hue } = placeOf(row.actor, actors);
  const from = row.direction === 'sent' ? row.actor : 'server';
  const to = row.direction === 'sent' ? 'server' : row.actor;
  return (
    <div class={`wire-row ${row.direction}`}>
      <span class="wire-time">{row.at.toFixed(1)}</span>
      <Lanes count={actors.length + 1}>
        <span
          class={`arrow hue-${hue} arrow-${row.direction}`}
          style={{ '--lane': lane }}
          aria-hidden="true"
        />
      </Lanes>
      <div class="wire-content">
        <p class="wire-who">
          <span class={`who hue-${hue}`}>
            <Text of={from} /> <span aria-hidden="true">→</span>
            <span class="unseen">to</span> <Text of={to} />
          </span>{' '}
          {octets(row.bytes)}
          {row.omittedBytes > 0 ? `, the last ${octets(row.omittedBytes)} not shown` : ''}
        </p>
        {row.parts.map((part, index) => (
          <Part key={index} part={part} />
        ))}
      </div>
    </div>
  );
}

/** The lane of an actor, and its hue; who has no lane stands in the server's. */
function placeOf(actor: string, actors: readonly string[]): { lane: number; hue: string } {
  const at = actors.indexOf(actor);
  return at < 0 ? { lane: actors.length, hue: 'server' } : { lane: at, hue: String(at % hues) };
}

/** Of signs that every font has. */
const eventSigns = { cut: '×', halt: '‖', restore: '›', slow: '~', end: '■', tls: 'T', note: '•' } as const;

function Lanes({ count, children }: { count: number; children: ComponentChildren }) {
  return (
    <span class="lanes">
      {Array.from({ length: count }, (_, lane) => (
        <span
          key={lane}
          class={`lane${lane === count - 1 ? ' lane-server' : ''}`}
          style={{ '--lane': lane }}
        />
      ))}
      {children}
    </span>
  );
}

function Part({ part }: { part: WirePart }) {
  if (part.kind === 'frame') return <Frame frame={part.frame} />;
  if (part.kind === 'rest')
    return (
      <div class="frame">
        <p class="frame-head">
          <b>rest of the frame before</b> {octets(part.rest.length)}
        </p>
        <Payload payload={part.rest.payload} />
      </div>
    );
  if (part.kind === 'octets') return <Payload payload={part.octets} />;
  return part.kind === 'xml' ? (
    <Xml text={part.text} />
  ) : (
    <Lines lines={part.text.trimEnd().split(/\r?\n/)} />
  );
}

function Frame({ frame }: { frame: WireFrame }) {
  const { fin, reserved, name, masked, length, payload, close } = frame;
  const flags = [fin ? 'FIN' : 'not final', ...reserved, masked ? 'masked' : 'not masked'];
  return (
    <div class="frame">
      <p class="frame-head">
        <b>{name}</b>
        {flags.map((flag) => (
          <span class="flag" key={flag}>
            {flag}
          </span>
        ))}
        <span>{octets(length)}</span>
        {close ? (
          <span>
            code {close.code} <Text of={close.reason} />
          </span>
        ) : null}
        {payload.length < length ? <span class="extra">{octets(payload.length)} of it here</span> : null}
      </p>
      {close ? null : <Payload payload={payload} />}
    </div>
  );
}

function Payload({ payload }: { payload: Uint8Array }) {
  if (payload.length === 0) return null;
  const text = textOfOctets(payload);
  if (text === undefined) return <Lines lines={hexLines(payload)} kind="hex" />;
  return text.startsWith('<') ? <Xml text={text} /> : <Lines lines={text.split('\n')} />;
}

function Xml({ text }: { text: string }) {
  const lines = useMemo(() => prettyXml(text), [text]);
  const [all, showAll] = useState(false);
  return (
    <div class="code">
      {lines.slice(0, all ? lines.length : shownLines).map(({ depth, tokens }, index) => (
        <div key={index} class="code-line" style={{ '--depth': depth }}>
          {tokens.map((token, place) => (
            <span key={place} class={`x-${token.kind}`}>
              {printable(token.text)}
            </span>
          ))}
        </div>
      ))}
      <More lines={lines.length} all={all} onAll={() => showAll(true)} />
    </div>
  );
}

function Lines({ lines, kind = 'text' }: { lines: readonly string[]; kind?: 'text' | 'hex' }) {
  const [all, showAll] = useState(false);
  return (
    <div class={`code code-${kind}`}>
      {lines.slice(0, all ? lines.length : shownLines).map((line, index) => (
        <div key={index} class="code-line">
          {printable(line) || ' '}
        </div>
      ))}
      <More lines={lines.length} all={all} onAll={() => showAll(true)} />
    </div>
  );
}

function More({ lines, all, onAll }: { lines: number; all: boolean; onAll: () => void }) {
  if (all || lines <= shownLines) return null;
  return (
    <button type="button" class="link more" onClick={onAll}>
      {plural(lines - shownLines, 'more line')}
    </button>
  );
}
