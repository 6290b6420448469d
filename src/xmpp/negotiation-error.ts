import type { XmppConnection, XmppEvent } from './connection.ts';
import type { XmlElement } from './element.ts';

export type NegotiationStep = 'stream' | 'tls' | 'sasl' | 'bind' | 'stream-management' | 'registration';

/** A step on the way to a usable stream did not go as the specification has it. */
export class NegotiationError extends Error {
  override readonly name = 'NegotiationError';
  readonly step: NegotiationStep;
  readonly expected: string;
  readonly came: string;
  /** The condition of a refusal, such as `not-authorized`. */
  readonly condition: string | undefined;

  constructor(
    step: NegotiationStep,
    expected: string,
    came: string,
    details: { condition?: string | undefined; cause?: unknown } = {},
  ) {
    super(`${steps[step]}: expected ${expected}, but ${came}`, { cause: details.cause });
    this.step = step;
    this.expected = expected;
    this.came = came;
    this.condition = details.condition;
  }
}

const steps: Record<NegotiationStep, string> = {
  stream: 'Opening the stream',
  tls: 'STARTTLS',
  sasl: 'Authenticating',
  bind: 'Binding a resource',
  'stream-management': 'Stream management',
  registration: 'Registering an account',
};

type Listener = ReturnType<XmppConnection['listen']>;

/** Events as they come, for one step: what ends the stream becomes a NegotiationError. */
export class Dialogue {
  readonly #connection: XmppConnection;
  readonly #step: NegotiationStep;
  readonly #listener: Listener;
  readonly #signal: AbortSignal | undefined;

  private constructor(connection: XmppConnection, step: NegotiationStep, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#step = step;
    this.#signal = signal;
    this.#listener = connection.listen();
  }

  /** Listens from before anything is asked until `talk` is over. */
  static async hold<Result>(
    connection: XmppConnection,
    step: NegotiationStep,
    signal: AbortSignal | undefined,
    talk: (dialogue: Dialogue) => Promise<Result>,
  ): Promise<Result> {
    const dialogue = new Dialogue(connection, step, signal);
    try {
      return await talk(dialogue);
    } finally {
      dialogue.#listener.stop();
    }
  }

  /** The first event that `pick` makes something of; others are passed over. Rejects with NegotiationError. */
  async wait<Picked>(expected: string, pick: (event: XmppEvent) => Picked | undefined): Promise<Picked> {
    for (;;) {
      const event = await this.#next(expected);
      if (event.kind === 'ended' && event.how === 'local')
        throw this.error(expected, 'this side ended the connection');
      const picked = pick(event as XmppEvent);
      if (picked !== undefined) return picked;
      this.#refuseEnd(event as XmppEvent, expected);
    }
  }

  /** The first top-level element that `pick` makes something of. */
  waitForElement<Picked>(
    expected: string,
    pick: (element: XmlElement) => Picked | undefined,
  ): Promise<Picked> {
    return this.wait(expected, (event) => (event.kind === 'element' ? pick(event.element) : undefined));
  }

  /** The answer to an IQ with that id. Rejects with NegotiationError where it is an error. */
  async ask(iq: XmlElement, expected: string): Promise<XmlElement> {
    this.#connection.send(iq);
    const id = iq.get('id');
    const answer = await this.waitForElement(expected, (element) => {
      const type = element.get('type');
      const isAnswer =
        element.name === 'iq' && element.get('id') === id && (type === 'result' || type === 'error');
      return isAnswer ? element : undefined;
    });
    if (answer.get('type') === 'result') return answer;
    const condition = conditionOf(answer.child('error'));
    throw this.error(
      expected,
      `the server answered with the error ${condition ?? 'without a condition'}`,
      condition,
    );
  }

  error(expected: string, came: string, condition?: string, cause?: unknown): NegotiationError {
    return new NegotiationError(this.#step, expected, came, { condition, cause });
  }

  async #next(expected: string): Promise<Awaited<ReturnType<Listener['next']>>> {
    try {
      return await this.#listener.next(this.#signal);
    } catch (cause) {
      throw this.error(expected, 'nothing came in time', undefined, cause);
    }
  }

  #refuseEnd(event: XmppEvent, expected: string): void {
    switch (event.kind) {
      case 'stream-error':
        throw this.error(
          expected,
          `the server ended the stream with the error ${event.condition}`,
          event.condition,
        );
      case 'stream-end':
        throw this.error(expected, 'the server closed the stream');
      case 'violation':
        throw this.error(expected, `the server sent something that is not XMPP: ${event.text}`, undefined);
      case 'ended': {
        const how = event.how === 'end' ? 'ended the connection' : 'broke the connection';
        throw this.error(expected, `the server ${how}${event.error ? ` (${event.error.message})` : ''}`);
      }
      default:
    }
  }
}

/** The defined condition in an error or failure: its first child that is not `<text/>`. */
export function conditionOf(element: XmlElement | undefined): string | undefined {
  return element?.elements.find((child) => child.name !== 'text')?.name;
}
