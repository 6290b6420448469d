import { randomUUID } from 'node:crypto';
import type { TlsOptions } from '../tls/tls.ts';
import { type AuthenticationOptions, authenticate } from './authentication.ts';
import type { StreamOptions, XmppConnection } from './connection.ts';
import { XmlElement } from './element.ts';
import { namespaces } from './namespaces.ts';
import { Dialogue } from './negotiation-error.ts';

export {
  type AuthenticationOptions,
  authenticate,
  beginToAuthenticate,
  type Challenged,
  tryToAuthenticate,
} from './authentication.ts';
export { NegotiationError, type NegotiationStep } from './negotiation-error.ts';

/** How far a stream has come; each state includes those before it. */
export type NegotiationState = 'connected' | 'secured' | 'authenticated' | 'bound';

export interface OpeningOptions extends StreamOptions {
  signal?: AbortSignal | undefined;
}

/** Opens a stream. Resolves with its features; rejects with NegotiationError. */
export function openWithFeatures(connection: XmppConnection, options: OpeningOptions): Promise<XmlElement> {
  const { signal, ...stream } = options;
  return Dialogue.hold(connection, 'stream', signal, async (dialogue) => {
    connection.openStream(stream);
    await dialogue.wait("the server's stream header", (event) =>
      event.kind === 'header' ? event.header : undefined,
    );
    return dialogue.wait('stream features', (event) =>
      event.kind === 'features' ? event.element : undefined,
    );
  });
}

export interface SecuringOptions extends OpeningOptions {
  /** Instead of those that the connection was opened with. */
  tls?: TlsOptions | undefined;
}

/** STARTTLS on a stream whose features are known, and the stream after it (RFC 6120 section 5). */
export async function secure(connection: XmppConnection, options: SecuringOptions): Promise<XmlElement> {
  const { tls, ...opening } = options;
  await Dialogue.hold(connection, 'tls', options.signal, async (dialogue) => {
    if (!connection.features?.child('starttls', namespaces.tls)) {
      throw dialogue.error('<starttls/> among the stream features', 'it is not offered');
    }
    connection.send(new XmlElement('starttls', namespaces.tls));
    const answer = await dialogue.waitForElement('<proceed/>', (element) =>
      element.namespace === namespaces.tls ? element : undefined,
    );
    if (answer.name !== 'proceed') throw dialogue.error('<proceed/>', `<${answer.name}/> came`);
    try {
      await connection.startTls(tls, options.signal);
    } catch (error) {
      throw dialogue.error('a TLS handshake', messageOf(error), undefined, error);
    }
  });
  return openWithFeatures(connection, opening);
}

export interface BindingOptions {
  /** Asked for; the server may give another. Default: the server chooses. */
  resource?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Binds a resource (RFC 6120 section 7). Resolves with the full JID. */
export function bind(connection: XmppConnection, options: BindingOptions = {}): Promise<string> {
  return Dialogue.hold(connection, 'bind', options.signal, async (dialogue) => {
    const wanted =
      options.resource === undefined
        ? []
        : [new XmlElement('resource', namespaces.bind, {}, [options.resource])];
    const request = new XmlElement('bind', namespaces.bind, {}, wanted);
    const iq = new XmlElement('iq', namespaces.client, { type: 'set', id: `bind-${randomUUID()}` }, [
      request,
    ]);
    const answer = await dialogue.ask(iq, 'the JID of the bound resource');
    const jid = answer.child('bind', namespaces.bind)?.child('jid')?.text;
    if (jid) return jid;
    throw dialogue.error(
      'the JID of the bound resource',
      `the answer has none: ${answer.toXml(namespaces.client).slice(0, 300)}`,
    );
  });
}

export interface NegotiationOptions extends Omit<AuthenticationOptions, 'signal'> {
  upTo: NegotiationState;
  /** The domain that the streams are opened to. */
  domain: string;
  resource?: string | undefined;
  /** Instead of those that the connection was opened with. */
  tls?: TlsOptions | undefined;
  /** Whether to use STARTTLS on the way to `authenticated` and `bound`. Default: if it is offered. */
  starttls?: 'if-offered' | 'never';
  lang?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface Negotiated {
  /** The features of the latest stream. */
  features: XmlElement;
  /** The SASL mechanism that was used. */
  mechanism?: string;
  /** The full JID, once bound. */
  jid?: string;
}

/** Brings a fresh connection to a state, step by step. Rejects with NegotiationError. */
export async function negotiate(
  connection: XmppConnection,
  options: NegotiationOptions,
): Promise<Negotiated> {
  const { upTo, domain, lang, signal, tls, starttls = 'if-offered' } = options;
  const opening = { to: domain, lang, signal };
  let features = await openWithFeatures(connection, opening);
  if (upTo === 'connected') return { features };

  const offered = features.child('starttls', namespaces.tls) !== undefined;
  const wanted = upTo === 'secured' || (offered && starttls === 'if-offered');
  if (wanted && !connection.secured) features = await secure(connection, { ...opening, tls });
  if (upTo === 'secured') return { features };

  const { mechanism } = await authenticate(connection, options);
  features = await openWithFeatures(connection, opening);
  if (upTo === 'authenticated') return { features, mechanism };

  const jid = await bind(connection, { resource: options.resource, signal });
  return { features, mechanism, jid };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
