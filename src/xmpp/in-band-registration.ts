import { randomUUID } from 'node:crypto';
import type { XmppConnection } from './connection.ts';
import { XmlElement } from './element.ts';
import { namespaces } from './namespaces.ts';
import { Dialogue } from './negotiation-error.ts';

export interface RegistrationOptions {
  username: string;
  password: string;
  /** The server asked; default: the one that the stream was opened to. */
  domain?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** What is written into fields that a server wants and that mean nothing here. */
const fillers: Record<string, string> = { email: 'nobody@example.org', name: 'Nobody', nick: 'nobody' };

/**
 * Registers an account (XEP-0077) on a stream that is open, with TLS where the server wants it, and not
 * authenticated. Rejects with NegotiationError: its `condition` is `conflict` where the name is taken.
 */
export function register(connection: XmppConnection, options: RegistrationOptions): Promise<void> {
  return Dialogue.hold(connection, 'registration', options.signal, async (dialogue) => {
    const form = await dialogue.ask(request('get', [], options.domain), 'the fields of a registration');
    const query = form.child('query', namespaces.register);
    if (!query) throw dialogue.error('the fields of a registration', 'the answer has no <query/>');
    const wanted = query.elements
      .filter((field) => field.namespace === namespaces.register)
      .map((field) => field.name);
    const values: Record<string, string> = { username: options.username, password: options.password };
    for (const name of wanted) if (fillers[name] !== undefined) values[name] ??= fillers[name];
    const unknown = wanted.filter(
      (name) => !(name in values) && !['instructions', 'registered', 'key'].includes(name),
    );
    if (unknown.length > 0) {
      throw dialogue.error(
        'a registration by username and password',
        `the server wants also ${unknown.join(', ')}`,
      );
    }
    const key = query.child('key')?.text;
    const fields = Object.entries({ ...values, ...(key !== undefined && { key }) });
    const children = fields.map(([name, value]) => new XmlElement(name, namespaces.register, {}, [value]));
    await dialogue.ask(request('set', children, options.domain), 'the account to be registered');
  });
}

/** Removes the account that a connection is authenticated and bound for (XEP-0077 section 3.2). */
export function unregister(
  connection: XmppConnection,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  return Dialogue.hold(connection, 'registration', options.signal, async (dialogue) => {
    const remove = new XmlElement('remove', namespaces.register);
    await dialogue.ask(request('set', [remove], undefined), 'the account to be removed');
  });
}

function request(type: 'get' | 'set', children: XmlElement[], to: string | undefined): XmlElement {
  const query = new XmlElement('query', namespaces.register, {}, children);
  const attributes = { type, id: `register-${randomUUID()}`, ...(to !== undefined && { to }) };
  return new XmlElement('iq', namespaces.client, attributes, [query]);
}
