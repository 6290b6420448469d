import type { XmppConnection } from './connection.ts';
import { XmlElement } from './element.ts';
import { namespaces } from './namespaces.ts';
import { conditionOf, Dialogue } from './negotiation-error.ts';

/** Counters go back to 0 after 2^32 - 1 (XEP-0198 section 4). */
const counterRange = 2 ** 32;
const stanzaNames = new Set(['message', 'presence', 'iq']);

export interface EnablingOptions {
  /** Whether the stream is to be resumable. */
  resume?: boolean | undefined;
  /** Seconds for which it should stay so. */
  max?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * The client's side of XEP-0198 on one connection, and on those that resume it. It is told of what passes: call
 * `sent` with each stanza before it is written, and `received` with each top-level element as it comes.
 */
export class StreamManagement {
  /** Whether requests of the server are answered; steps that answer by hand switch it off. */
  answers: boolean;
  #connection: XmppConnection;
  #counting = false;
  #sending = false;
  #handled = 0;
  #acknowledged = 0;
  readonly #unacknowledged: string[] = [];
  #enabled: XmlElement | undefined;
  #excess: string | undefined;
  #interrupted = false;

  constructor(connection: XmppConnection, options: { answers?: boolean } = {}) {
    this.#connection = connection;
    this.answers = options.answers ?? true;
  }

  /** Stanzas of the server handled since it enabled stream management, modulo 2^32. */
  get handled(): number {
    return this.#handled;
  }

  /** Stanzas of this client that the server has said it handled. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Stanzas that it has not, as they were written. */
  get unacknowledged(): readonly string[] {
    return this.#unacknowledged;
  }

  /** The `<enabled/>` of the server. */
  get enabled(): XmlElement | undefined {
    return this.#enabled;
  }

  /** By what the stream can be resumed. */
  get id(): string | undefined {
    const resumable = this.#enabled?.get('resume');
    return resumable === 'true' || resumable === '1' ? this.#enabled?.get('id') : undefined;
  }

  /** What is wrong with the acknowledgements of the server: more than was sent, or no number. */
  get violation(): string | undefined {
    return this.#excess;
  }

  /** The connection is known to be over: what is sent waits for the next one, and must not be written before. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** The connection is over. Until the stream is resumed, `sent` only keeps what it is given. */
  interrupt(): void {
    this.#interrupted = true;
  }

  /** Enables it on a stream with a bound resource. Rejects with NegotiationError where the server refuses. */
  enable(options: EnablingOptions = {}): Promise<XmlElement> {
    return Dialogue.hold(this.#connection, 'stream-management', options.signal, async (dialogue) => {
      this.requestEnabling(options);
      return this.#answer(dialogue, 'enabled');
    });
  }

  /** Writes `<enable/>` and counts what is sent from there; the answer comes through `received`. */
  requestEnabling(options: Omit<EnablingOptions, 'signal'> = {}): void {
    const attributes = {
      ...(options.resume !== undefined && { resume: String(options.resume) }),
      ...(options.max !== undefined && { max: String(options.max) }),
    };
    this.#connection.send(new XmlElement('enable', namespaces.streamManagement, attributes));
    this.#sending = true;
  }

  /** A stanza is about to be written. */
  sent(stanza: string | XmlElement): void {
    if (this.#sending) this.#unacknowledged.push(typeof stanza === 'string' ? stanza : this.#written(stanza));
  }

  /** A top-level element has come: counts it, answers it, or takes from it what the server has handled. */
  received(element: XmlElement): void {
    if (element.namespace === namespaces.streamManagement) this.#control(element);
    else if (this.#counting && element.namespace === namespaces.client && stanzaNames.has(element.name)) {
      this.#handled = (this.#handled + 1) % counterRange;
    }
  }

  #control(element: XmlElement): void {
    switch (element.name) {
      case 'enabled':
        this.#enabled = element;
        this.#counting = true;
        this.#handled = 0;
        return;
      case 'r':
        if (this.answers && this.#counting) this.acknowledge();
        return;
      case 'a':
      case 'resumed':
        this.#takeAcknowledgement(element.get('h'));
        return;
      default:
    }
  }

  /** Tells the server what was handled, or something else. */
  acknowledge(handled: number = this.#handled): void {
    this.#connection.send(new XmlElement('a', namespaces.streamManagement, { h: String(handled) }));
  }

  /** Asks the server what it handled. */
  request(): void {
    this.#connection.send(new XmlElement('r', namespaces.streamManagement));
  }

  #takeAcknowledgement(value: string | undefined): void {
    if (value === undefined || !/^\d{1,10}$/.test(value) || Number(value) >= counterRange) {
      this.#excess = `h='${value ?? ''}' is not a number below 2^32`;
      return;
    }
    const newly = (Number(value) - this.#acknowledged + counterRange) % counterRange;
    if (newly > this.#unacknowledged.length) {
      const most = (this.#acknowledged + this.#unacknowledged.length) % counterRange;
      this.#excess = `h='${value}' acknowledges more than the ${most} stanzas that were sent`;
      return;
    }
    this.#acknowledged = Number(value);
    this.#unacknowledged.splice(0, newly);
  }

  /**
   * Resumes the stream on another connection, which is authenticated and has no resource bound. Its events must go
   * to `received` as before. What the server had not handled is written again, unless `resend` is false. Rejects with
   * NegotiationError where the server refuses.
   */
  resume(
    connection: XmppConnection,
    options: { resend?: boolean; id?: string; handled?: number; signal?: AbortSignal } = {},
  ): Promise<XmlElement> {
    return Dialogue.hold(connection, 'stream-management', options.signal, async (dialogue) => {
      const id = options.id ?? this.id;
      if (id === undefined)
        throw dialogue.error('<resumed/>', 'the stream was not made resumable by the server');
      this.#connection = connection;
      const attributes = { previd: id, h: String(options.handled ?? this.#handled) };
      connection.send(new XmlElement('resume', namespaces.streamManagement, attributes));
      const answer = await this.#answer(dialogue, 'resumed');
      // From here on what is sent is written at once, so what waits has to be written before anything else is.
      this.#interrupted = false;
      if (options.resend ?? true) for (const stanza of this.#unacknowledged) connection.write(stanza);
      return answer;
    });
  }

  /** The answer of that name; one that refuses ends all counting. */
  async #answer(dialogue: Dialogue, name: 'enabled' | 'resumed'): Promise<XmlElement> {
    const answer = await dialogue.waitForElement(`<${name}/>`, (element) =>
      element.is(name, namespaces.streamManagement) || element.is('failed', namespaces.streamManagement)
        ? element
        : undefined,
    );
    if (answer.name === name) return answer;
    this.#counting = false;
    this.#sending = false;
    const condition = conditionOf(answer);
    const came = `the server answered <failed/>: ${condition ?? 'no reason given'}`;
    throw dialogue.error(`<${name}/>`, came, condition);
  }

  #written(stanza: XmlElement): string {
    return stanza.toXml(this.#connection.framed ? '' : namespaces.client);
  }
}
