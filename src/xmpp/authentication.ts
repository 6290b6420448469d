import type { XmppConnection } from './connection.ts';
import { XmlElement } from './element.ts';
import { namespaces } from './namespaces.ts';
import { conditionOf, Dialogue } from './negotiation-error.ts';
import { type ChannelBinding, type ChannelBindingType, channelBindingOf } from './sasl/channel-binding.ts';
import {
  chooseMechanism,
  createMechanism,
  type SaslMechanism,
  type SaslOverrides,
} from './sasl/mechanism.ts';

export interface AuthenticationOptions {
  username: string;
  password: string;
  authzid?: string | undefined;
  /** Default: the strongest one offered that needs no channel binding. */
  mechanism?: string | undefined;
  /** For mechanisms ending in -PLUS. Default: what the server names (XEP-0440), else what the TLS version suggests. */
  channelBinding?: ChannelBindingType | ChannelBinding | undefined;
  /** Values to send instead of the right ones. */
  overrides?: SaslOverrides | undefined;
  signal?: AbortSignal | undefined;
}

/** How an attempt to authenticate came out. */
export interface AuthenticationOutcome {
  mechanism: string;
  /** `<success/>` or `<failure/>`. */
  element: XmlElement;
  succeeded: boolean;
  /** The condition of the failure (RFC 6120 section 6.5). */
  condition: string | undefined;
  /** Why the server's half of the exchange does not hold, where it does not: a wrong signature, a wrong nonce. */
  objection: Error | undefined;
}

const mostChallenges = 10;

/**
 * Authenticates on a stream whose features are known; the stream must be opened anew afterwards. Rejects with
 * NegotiationError where the server refuses, or has not proven itself.
 */
export async function authenticate(
  connection: XmppConnection,
  options: AuthenticationOptions,
): Promise<AuthenticationOutcome> {
  return Dialogue.hold(connection, 'sasl', options.signal, async (dialogue) => {
    const outcome = await exchange(connection, dialogue, options);
    const { condition, mechanism, objection, succeeded } = outcome;
    const expected = `<success/> for ${mechanism}`;
    if (objection) throw dialogue.error(expected, objection.message, condition, objection);
    if (!succeeded)
      throw dialogue.error(expected, `the server refused: ${condition ?? 'no reason given'}`, condition);
    return outcome;
  });
}

/**
 * Plays the client's half of an exchange to its end, whatever that is, and judges nothing: a refusal is an outcome.
 * Rejects with NegotiationError only where there is no outcome.
 */
export function tryToAuthenticate(
  connection: XmppConnection,
  options: AuthenticationOptions,
): Promise<AuthenticationOutcome> {
  return Dialogue.hold(connection, 'sasl', options.signal, (dialogue) =>
    exchange(connection, dialogue, options),
  );
}

/** An exchange that waits for the client: the server has sent a challenge. */
export interface Challenged {
  readonly challenge: XmlElement;
  /** Sends the answer, the right one unless the exchange was begun with another. */
  answer(): Promise<void>;
}

/** Begins an exchange, up to the server's first challenge. Rejects with NegotiationError where none comes. */
export function beginToAuthenticate(
  connection: XmppConnection,
  options: AuthenticationOptions,
): Promise<Challenged> {
  return Dialogue.hold(connection, 'sasl', options.signal, async (dialogue) => {
    const mechanism = begin(connection, dialogue, options);
    connection.send(initiation(mechanism, options));
    const expected = `a challenge of ${mechanism.name}`;
    const element = await dialogue.waitForElement(expected, (one) =>
      one.namespace === namespaces.sasl ? one : undefined,
    );
    if (element.name !== 'challenge')
      throw dialogue.error(expected, `<${element.name}/> came`, conditionOf(element));
    return {
      challenge: element,
      answer: async () => {
        const answer = await mechanism.respond(dataOf(element) ?? Buffer.alloc(0));
        connection.send(saslElement('response', answer.toString('base64')));
      },
    };
  });
}

async function exchange(
  connection: XmppConnection,
  dialogue: Dialogue,
  options: AuthenticationOptions,
): Promise<AuthenticationOutcome> {
  const mechanism = begin(connection, dialogue, options);
  connection.send(initiation(mechanism, options));
  let objection: Error | undefined;
  for (let challenges = 0; challenges <= mostChallenges; challenges++) {
    const expected = `an answer to ${mechanism.name}`;
    const element = await dialogue.waitForElement(expected, (one) =>
      one.namespace === namespaces.sasl ? one : undefined,
    );
    if (element.name === 'challenge') {
      const answer = await answerTo(mechanism, element);
      if (answer instanceof Error) objection = answer;
      connection.send(
        answer instanceof Error ? saslElement('abort') : saslElement('response', answer.toString('base64')),
      );
      continue;
    }
    if (element.name !== 'success' && element.name !== 'failure') {
      throw dialogue.error(expected, `<${element.name}/> came, which SASL does not know`);
    }
    const succeeded = element.name === 'success';
    if (succeeded) objection ??= objectionTo(mechanism, element);
    const condition = succeeded ? undefined : conditionOf(element);
    return { mechanism: mechanism.name, element, succeeded, condition, objection };
  }
  throw dialogue.error(
    `an end of ${mechanism.name}`,
    `the server sent more than ${mostChallenges} challenges`,
  );
}

function begin(
  connection: XmppConnection,
  dialogue: Dialogue,
  options: AuthenticationOptions,
): SaslMechanism {
  const offered = offeredMechanisms(connection.features);
  const name = options.mechanism ?? chooseMechanism(offered, { bind: false });
  if (name === undefined) {
    const came = offered.length === 0 ? 'none is offered' : `${offered.join(', ')} is offered`;
    throw dialogue.error('a SASL mechanism that this client knows', came);
  }
  try {
    const channelBinding = name.endsWith('-PLUS') ? bindingOf(connection, options) : undefined;
    return createMechanism(name, { ...options, channelBinding });
  } catch (error) {
    throw dialogue.error(
      `to begin ${name}`,
      error instanceof Error ? error.message : String(error),
      undefined,
      error,
    );
  }
}

function initiation(mechanism: SaslMechanism, { overrides }: AuthenticationOptions): XmlElement {
  const first = mechanism.initialResponse();
  const text = first && (first.toString('base64') || '=');
  const middle = Math.floor((text?.length ?? 0) / 2);
  const sent = text && text.slice(0, middle) + (overrides?.amidBase64 ?? '') + text.slice(middle);
  return saslElement('auth', sent, { mechanism: mechanism.name });
}

/** The names of the SASL mechanisms among stream features. */
export function offeredMechanisms(features: XmlElement | undefined): string[] {
  const mechanisms = features?.child('mechanisms', namespaces.sasl)?.elements ?? [];
  return mechanisms.filter((element) => element.name === 'mechanism').map((element) => element.text.trim());
}

function bindingOf(connection: XmppConnection, options: AuthenticationOptions): ChannelBinding | undefined {
  const { channelBinding } = options;
  if (typeof channelBinding === 'object') return channelBinding;
  const { tlsSocket } = connection;
  if (!tlsSocket) return undefined;
  const known = ['tls-exporter', 'tls-unique', 'tls-server-end-point'] as const;
  const named =
    connection.features?.child('sasl-channel-binding', namespaces.saslChannelBinding)?.elements ?? [];
  const offered = known.find((type) => named.some((element) => element.get('type') === type));
  // RFC 5802 section 6.1 and RFC 9266 section 3: the default binding of SCRAM, which servers that bind have to support.
  const usual = tlsSocket.getProtocol() === 'TLSv1.3' ? 'tls-exporter' : 'tls-unique';
  return channelBindingOf(tlsSocket, channelBinding ?? offered ?? usual);
}

async function answerTo(mechanism: SaslMechanism, challenge: XmlElement): Promise<Buffer | Error> {
  try {
    return await mechanism.respond(dataOf(challenge) ?? Buffer.alloc(0));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function objectionTo(mechanism: SaslMechanism, success: XmlElement): Error | undefined {
  try {
    mechanism.complete(dataOf(success));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The data of a SASL element: `=` stands for none of it, no text for there being none. */
function dataOf(element: XmlElement): Buffer | undefined {
  const text = element.text.trim();
  return text === '' ? undefined : Buffer.from(text === '=' ? '' : text, 'base64');
}

function saslElement(name: string, text?: string, attributes: Record<string, string> = {}): XmlElement {
  return new XmlElement(name, namespaces.sasl, attributes, text ? [text] : []);
}
