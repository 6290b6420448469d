import { XmlElement } from '../xmpp/element.ts';
import { namespaces } from '../xmpp/namespaces.ts';
import type { Activity } from './activity.ts';
import type { Fault, FaultSwitch } from './fault.ts';
import { withAttributes, withChildren } from './xmpp/stanza.ts';

/** What an operator does with a stanza on its way out: what is sent instead, or an end of the connection. */
type Operation = (stanza: XmlElement) => XmlElement[] | 'close';

/** A violation that is of no place: it changes whatever stanza the server sends to a bound client. */
interface Operator extends Fault {
  readonly operate: Operation;
}

const everything = ['**'];

/** Operators that look at one stanza at a time. */
const simpleOperators: Operator[] = [
  {
    name: 'drop',
    breaks: everything,
    summary: 'Sends no stanza',
    silent: true,
    operate: () => [],
  },
  {
    name: 'duplicate',
    breaks: everything,
    summary: 'Sends every stanza twice',
    operate: (stanza) => [stanza, stanza],
  },
  {
    name: 'wrong-id',
    breaks: everything,
    summary: 'Sends every stanza with another id',
    operate: (stanza) => [withAttributes(stanza, { id: `${stanza.get('id') ?? ''}-wrong` })],
  },
  {
    name: 'wrong-from',
    breaks: everything,
    summary: 'Sends every stanza from somebody else',
    operate: (stanza) => [withAttributes(stanza, { from: 'somebody@elsewhere.example/else' })],
  },
  {
    name: 'wrong-to',
    breaks: everything,
    summary: 'Sends every stanza to somebody else',
    operate: (stanza) => [withAttributes(stanza, { to: 'somebody@elsewhere.example/else' })],
  },
  {
    name: 'wrong-type',
    breaks: everything,
    summary: 'Sends every stanza with another type',
    operate: (stanza) => [withAttributes(stanza, { type: otherType(stanza) })],
  },
  {
    name: 'wrong-condition',
    breaks: everything,
    summary: 'Sends every stanza error with another condition',
    operate: (stanza) => [withOtherCondition(stanza)],
  },
  {
    name: 'strip-child',
    breaks: everything,
    summary: 'Sends every stanza without its first child',
    operate: (stanza) => [withChildren(stanza, stanza.elements.slice(1))],
  },
  {
    name: 'change-text',
    breaks: everything,
    summary: 'Changes all text inside stanzas',
    operate: (stanza) => [withOtherText(stanza)],
  },
  {
    name: 'close-instead',
    breaks: everything,
    summary: 'Closes the stream instead of sending a stanza',
    operate: () => 'close',
  },
];

/** Operators that keep stanzas for a while: see `#later` and `#swap`. */
const keepingOperators: Fault[] = [
  { name: 'reorder', breaks: everything, summary: 'Swaps every two stanzas that follow each other' },
  {
    name: 'answer-late',
    breaks: everything,
    summary: 'Sends every stanza after the next sentinel, or after a while',
  },
];

/** Operators on what clients send: see `handleStanza`. They break what must not be delivered, or not be answered. */
const incomingOperators: Fault[] = [
  {
    name: 'tell-everybody',
    breaks: everything,
    summary: 'Delivers a copy of whatever a client sends to every other connected resource',
  },
  {
    name: 'refuse-everything',
    breaks: everything,
    summary: 'Answers whatever a client sends with an error, beside what it does with it',
  },
];

/** All operators, to be chosen by name like faults. */
export const operators: readonly Fault[] = [
  ...simpleOperators,
  ...keepingOperators,
  ...incomingOperators,
].map((operator) => ({ ...operator, service: 'xmpp' }));

/** How long `answer-late` waits for a sentinel, in milliseconds. */
const lateness = 100;

/** Turns of the event loop that `reorder` waits for a second stanza. */
const patience = 10;

const nextTypes: Record<string, Record<string, string | undefined>> = {
  iq: { get: 'set', set: 'get', result: 'error', error: 'result' },
  presence: {
    none: 'unavailable',
    unavailable: undefined,
    subscribe: 'subscribed',
    subscribed: 'unsubscribed',
    unsubscribe: 'unsubscribed',
    unsubscribed: 'subscribed',
    error: undefined,
  },
  message: {
    none: 'headline',
    normal: 'headline',
    chat: 'headline',
    headline: 'chat',
    groupchat: 'chat',
    error: 'chat',
  },
};

function otherType(stanza: XmlElement): string | undefined {
  return nextTypes[stanza.name]?.[stanza.get('type') ?? 'none'];
}

function withOtherCondition(stanza: XmlElement): XmlElement {
  const children = stanza.children.map((child) => {
    if (!(child instanceof XmlElement) || !child.is('error', namespaces.client)) return child;
    const inside = child.elements.map((condition) => {
      if (condition.namespace !== namespaces.stanzaError || condition.name === 'text') return condition;
      return new XmlElement(condition.name === 'gone' ? 'redirect' : 'gone', condition.namespace);
    });
    return withChildren(child, inside);
  });
  return withChildren(stanza, children);
}

function withOtherText(element: XmlElement): XmlElement {
  const children = element.children.map((child) =>
    child instanceof XmlElement ? withOtherText(child) : `${child} (changed)`,
  );
  return withChildren(element, children);
}

/** A stream as the operators see it. */
export interface OutgoingStream {
  readonly session: object | undefined;
  send(element: XmlElement): void;
  close(): void;
}

/** Where all stanzas leave the server. Stanzas whose id begins with `sentinel` pass untouched. */
export class OperatorSwitch {
  readonly #faults: FaultSwitch;
  readonly #activity: Activity;
  /** Streams that are about to close: nothing more is sent there. */
  readonly #closing = new WeakSet<OutgoingStream>();
  /** Stanzas that are kept back, by the stream they are for. */
  readonly #kept = new Map<OutgoingStream, { stanzas: XmlElement[]; done: () => void }>();

  constructor(faults: FaultSwitch, activity: Activity) {
    this.#faults = faults;
    this.#activity = activity;
  }

  /** Sends a stanza, or what the operators make of it. */
  pass(stream: OutgoingStream, stanza: XmlElement): void {
    if (!this.#faults.armed || !stream.session) {
      stream.send(stanza);
      return;
    }
    if (this.#closing.has(stream)) return;
    const sentinel = stanza.get('id')?.startsWith('sentinel') ?? false;
    if (sentinel) this.#passSentinel(stream, stanza);
    else if (this.#faults.active('answer-late')) this.#later(stream, stanza);
    else if (this.#faults.active('reorder')) this.#swap(stream, stanza);
    else this.#operate(stream, stanza);
  }

  /** The stream is gone, and nothing can be sent to it any more. */
  forget(stream: OutgoingStream): void {
    this.#kept.get(stream)?.done();
    this.#kept.delete(stream);
  }

  #passSentinel(stream: OutgoingStream, sentinel: XmlElement): void {
    // `reorder` leaves what precedes a sentinel before it; `answer-late` is late by just that.
    const late = this.#faults.active('answer-late');
    if (!late) this.#release(stream);
    stream.send(sentinel);
    if (late) this.#release(stream);
  }

  #operate(stream: OutgoingStream, stanza: XmlElement): void {
    let outcome = [stanza];
    for (const { name, operate } of simpleOperators) {
      if (!this.#faults.active(name)) continue;
      const operated = outcome.map(operate);
      if (operated.includes('close')) {
        this.#close(stream);
        return;
      }
      outcome = operated.flatMap((result) => (result === 'close' ? [] : result));
    }
    for (const changed of outcome) stream.send(changed);
  }

  /** Whoever sends may be in the middle of a broadcast, and its session has to last for that. */
  #close(stream: OutgoingStream): void {
    this.#closing.add(stream);
    queueMicrotask(() => stream.close());
  }

  #later(stream: OutgoingStream, stanza: XmlElement): void {
    const kept = this.#kept.get(stream);
    if (kept) {
      kept.stanzas.push(stanza);
      return;
    }
    const timer = setTimeout(() => this.#release(stream), lateness);
    const busy = this.#activity.begin();
    const done = () => {
      clearTimeout(timer);
      busy();
    };
    this.#kept.set(stream, { stanzas: [stanza], done });
  }

  #swap(stream: OutgoingStream, stanza: XmlElement): void {
    if (this.#kept.has(stream)) {
      stream.send(stanza);
      this.#release(stream);
      return;
    }
    const held = { stanzas: [stanza], done: this.#activity.begin() };
    this.#kept.set(stream, held);
    const wait = (turns: number) => {
      if (this.#kept.get(stream) !== held) return;
      if (turns === 0) this.#release(stream);
      else setImmediate(wait, turns - 1);
    };
    wait(patience);
  }

  #release(stream: OutgoingStream): void {
    const kept = this.#kept.get(stream);
    this.forget(stream);
    for (const stanza of kept?.stanzas ?? []) stream.send(stanza);
  }
}
