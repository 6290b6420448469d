import { ChatClient } from '../../binding/chat-client.ts';
import { type Dialect, dialectSchema } from '../../binding/dialect.schema.ts';
import type { ClientOptions, MessagingClient, TlsWish } from '../../binding/messaging-client.ts';
import { XmppMessagingClient } from '../../binding/xmpp-client.ts';
import type { Account, Endpoint, RunningTarget } from '../../target/running-target.ts';
import { InvalidFileError, readYaml, SchemaCheck } from '../../target/yaml-document.ts';

/** How messaging verbs can be spoken. */
export const bindingNames = ['xmpp', 'chat'] as const;
export type BindingName = (typeof bindingNames)[number];

/** The bindings that a target speaks. */
export function bindingsOf(target: RunningTarget): BindingName[] {
  return bindingNames.filter((name) => waysIn(target, name).length > 0);
}

/** The endpoint that a binding uses: one with TLS where there is one, unless TLS is what the user does without. */
export function endpointOf(target: RunningTarget, binding: BindingName, tls?: TlsWish): Endpoint {
  const ways = waysIn(target, binding);
  const endpoint = tls === 'none' ? ways.at(-1) : ways[0];
  if (!endpoint) throw new Error(`${target.name} has no endpoint for ${binding}`);
  return endpoint;
}

/** Endpoints that the binding can use, those with TLS from the first octet leading. */
function waysIn({ endpoints }: RunningTarget, binding: BindingName): Endpoint[] {
  const { chat, 'chat-tls': chatTls, xmpp, 'xmpp-tls': xmppTls } = endpoints;
  const ways = binding === 'xmpp' ? [xmppTls, xmpp] : [chatTls, chat];
  return ways
    .filter((one) => one !== undefined)
    .filter((one) => binding === 'xmpp' || one.dialect !== undefined);
}

/** A client for one account; nothing is connected yet. */
export function openClient(
  binding: BindingName,
  target: RunningTarget,
  account: Account,
  options: ClientOptions,
): MessagingClient {
  const endpoint = endpointOf(target, binding);
  if (binding === 'xmpp') {
    const tls = endpoint.tls === 'direct' ? 'direct' : 'starttls';
    return new XmppMessagingClient(account.bare, { domain: target.domain, tls, ca: target.ca }, options);
  }
  const way = {
    dialect: readDialect(endpoint.dialect ?? ''),
    path: endpoint.path ?? '/',
    secure: endpoint.tls === 'direct',
    servername: target.domain,
    ...(target.ca === undefined ? {} : { ca: target.ca }),
  };
  return new ChatClient(account.username, way, options);
}

let check: SchemaCheck<Dialect> | undefined;
const dialects = new Map<string, Dialect>();

function readDialect(file: string): Dialect {
  const known = dialects.get(file);
  if (known) return known;
  check ??= new SchemaCheck<Dialect>(dialectSchema);
  const document = readYaml(file, check);
  if (document.value === undefined) throw new InvalidFileError(document.mistakes);
  dialects.set(file, document.value);
  return document.value;
}
