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
  /** What an earlier registration on the same stream resolved with: the server is not asked for it again. */
  form?: RegistrationForm | undefined;
  signal?: AbortSignal | undefined;
}

/** The names of the fields that a server wants to know of an account. */
export type RegistrationForm = readonly string[];

/** What is written into fields that a server wants and that mean nothing here. */
const fillers: Record<string, string> = { email: 'nobody@example.org', name: 'Nobody', nick: 'nobody' };

/**
 * Registers an account (XEP-0077) on a stream that is open, with TLS where the server wants it, and not
 * authenticated. Resolves with the form, where it serves for further accounts, too. Rejects with NegotiationError: its
 * `condition` is `conflict` where the name is taken.
 */
export function register(
  connection: XmppConnection,
  options: RegistrationOptions,
): Promise<RegistrationForm | undefined> {
  const { username, password, domain, form, signal } = options;
  return Dialogue.hold(connection, 'registration', signal, async (dialogue) => {
    const { wanted, key } = form ? { wanted: form } : await fieldsWanted(dialogue, domain);
    const values: Record<string, string> = { username, password };
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
    const fields = Object.entries({ ...values, ...(key !== undefined && { key }) });
    const children = fields.map(([name, value]) => new XmlElement(name, namespaces.register, {}, [value]));
    await dialogue.ask(request('set', children, domain), 'the account to be registered');
    // A key is for one registration only.
    return key === undefined ? wanted : undefined;
  });
}

async function fieldsWanted(
  dialogue: Dialogue,
  domain: string | undefined,
): Promise<{ wanted: RegistrationForm; key?: string }> {
  const answer = await dialogue.ask(request('get', [], domain), 'the fields of a registration');
  const query = answer.child('query', namespaces.register);
  if (!query) throw dialogue.error('the fields of a registration', 'the answer has no <query/>');
  const wanted = query.elements
    .filter((field) => field.namespace === namespaces.register)
    .map((field) => field.name);
  const key = query.child('key')?.text;
  return { wanted, ...(key !== undefined && { key }) };
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
