import { type Dialect, dialectSchema } from '../../binding/dialect.schema.ts';
import type { ClientOptions, MessagingClient, TlsWish } from '../../binding/messaging-client.ts';
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

/** Makes a client for one account; nothing is connected yet. */
type OpenClient = (account: Account, options: ClientOptions) => MessagingClient;

/** What makes clients that speak the binding. Its library is loaded only now: most runs need none. */
export async function openerOf(binding: BindingName, target: RunningTarget): Promise<OpenClient> {
  const endpoint = endpointOf(target, binding);
  if (binding === 'xmpp') {
    const { XmppMessagingClient } = await import('../../binding/xmpp-client.ts');
    const tls = endpoint.tls === 'direct' ? 'direct' : 'starttls';
    const way = { domain: target.domain, tls, ca: target.ca } as const;
    return (account, options) => new XmppMessagingClient(account.bare, way, options);
  }
  const { ChatClient } = await import('../../binding/chat-client.ts');
  const way = {
    dialect: readDialect(endpoint.dialect ?? ''),
    path: endpoint.path ?? '/',
    secure: endpoint.tls === 'direct',
    servername: target.domain,
    ...(target.ca === undefined ? {} : { ca: target.ca }),
  };
  return (account, options) => new ChatClient(account.username, way, options);
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
