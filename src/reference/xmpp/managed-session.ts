import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { XmppDomain } from './domain.ts';
import { endPresence } from './presence.ts';
import type { Session } from './session.ts';
import { endSession } from './session-end.ts';
import type { ClientStream } from './stream.ts';

/** Stanzas that may wait for their acknowledgement; a client that lets more pile up loses its session. */
const longestQueue = 1000;
/** Sessions that have expired of which the count is still known. */
const mostExpired = 1000;
/** So many seconds. */
const soon = 5;
/** Counters are unsigned integers of 32 bits (XEP-0198 section 4). */
export const counterRange = 2 ** 32;

/** A stanza that the client has not acknowledged, and when it was sent first. */
export interface Unacknowledged {
  readonly stanza: XmlElement;
  readonly since: Date;
}

/** Stream management of one session (XEP-0198). */
export class StreamManagement {
  readonly #domain: XmppDomain;
  readonly #session: Session;
  readonly id: string;
  readonly resumable: boolean;
  /** In seconds. */
  readonly wait: number;
  /** Stanzas of the client that the server took over. */
  handled = 0;
  /** Stanzas that the client acknowledged. */
  #acknowledged = 0;
  #queue: Unacknowledged[] = [];
  #asked = false;
  #timer: NodeJS.Timeout | undefined;
  /** To be called when the session is soon over no more. */
  #waited: (() => void) | undefined;

  constructor(
    domain: XmppDomain,
    session: Session,
    options: { id: string; resumable: boolean; wait: number },
  ) {
    this.#domain = domain;
    this.#session = session;
    this.id = options.id;
    this.resumable = options.resumable;
    this.wait = options.wait;
  }

  /** Stanzas that were sent, whether or not the client got them. */
  get sent(): number {
    return (this.#acknowledged + this.#queue.length) % counterRange;
  }

  get unacknowledged(): readonly Unacknowledged[] {
    return this.#queue;
  }

  countHandled(): void {
    this.handled = (this.handled + 1) % counterRange;
  }

  remember(stanza: XmlElement): void {
    this.#queue.push({ stanza, since: new Date() });
    // Whoever sends may be in the middle of a broadcast, and its session has to last for that.
    if (this.#queue.length === longestQueue + 1) queueMicrotask(() => this.#giveUp());
  }

  #giveUp(): void {
    if (this.#session.management !== this) return;
    const { stream } = this.#session;
    if (stream) stream.fail({ condition: 'policy-violation', text: 'Too many stanzas are not acknowledged' });
    else endSession(this.#domain, this.#session);
  }

  /** Asks for an acknowledgement, unless the client owes one already. */
  requestAcknowledgement(): void {
    const { stream } = this.#session;
    if (this.#asked || !stream) return;
    this.#asked = true;
    const counted = this.#domain.faults.active('management-requests-have-counts');
    stream.send(new XmlElement('r', namespaces.streamManagement, counted ? { h: String(this.handled) } : {}));
  }

  /** The client has everything up to that count. `false` where it was not sent so much. */
  acknowledge(count: number): boolean {
    const newly = (count - this.#acknowledged + counterRange) % counterRange;
    if (newly > this.#queue.length) return false;
    this.#asked = false;
    this.#acknowledged = count;
    this.#queue.splice(0, newly);
    return true;
  }

  /** The connection broke: the session waits for the client to come back. */
  detach(): void {
    const domain = this.#domain;
    const session = this.#session;
    session.stream = undefined;
    this.#asked = false;
    if (domain.faults.active('sessions-are-not-resumed')) {
      endSession(domain, session);
      return;
    }
    if (domain.faults.active('resumable-session-looks-unavailable')) endPresence(domain, session);
    if (domain.faults.active('sessions-never-expire')) return;
    // One that is soon over is something that the server has yet to do.
    if (this.wait <= soon) this.#waited = domain.activity.begin();
    this.#timer = setTimeout(() => this.#expire(), this.wait * 1000).unref();
  }

  #expire(): void {
    const { expired } = this.#domain;
    const [oldest] = expired.keys();
    if (oldest !== undefined && expired.size >= mostExpired) expired.delete(oldest);
    expired.set(this.id, { account: this.#session.account, handled: this.handled });
    endSession(this.#domain, this.#session);
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#waited?.();
    this.#waited = undefined;
  }

  /** The client is back: what it did not get is sent again. */
  attach(stream: ClientStream): void {
    this.#stopWaiting();
    this.#session.stream = stream;
    stream.session = this.#session;
    for (const { stanza } of this.#toSendAgain()) stream.sendStanza(stanza);
    if (this.#queue.length > 0) this.requestAcknowledgement();
  }

  #toSendAgain(): readonly Unacknowledged[] {
    const { faults } = this.#domain;
    if (faults.active('resumption-loses-stanzas')) return [];
    if (faults.active('resumption-begins-one-too-late')) return this.#queue.slice(1);
    if (faults.active('resumption-repeats-itself')) return [...this.#queue, ...this.#queue];
    return faults.active('resumption-sends-the-latest-first') ? this.#queue.toReversed() : this.#queue;
  }

  /** Nobody can resume the session any more. */
  forget(): void {
    const domain = this.#domain;
    this.#stopWaiting();
    if (domain.faults.active('closed-session-can-be-resumed')) this.#session.management = this;
    else domain.resumable.delete(this.id);
    if (domain.faults.active('unacknowledged-stanzas-are-lost')) this.#queue = [];
  }
}
