import { randomUUID } from 'node:crypto';
import { offeredMechanisms } from '../xmpp/authentication.ts';
import type { XmppConnection } from '../xmpp/connection.ts';
import { XmlElement } from '../xmpp/element.ts';
import { namespaces } from '../xmpp/namespaces.ts';
import { type CapabilityName, capabilityNames } from './capabilities.ts';

/** Stream features by what qualifies them. */
const streamFeatures: Readonly<Record<string, CapabilityName>> = {
  [namespaces.registerFeature]: 'registration',
  [namespaces.rosterVersioning]: 'roster-versioning',
  [namespaces.preApproval]: 'pre-approval',
  [namespaces.streamManagement]: 'stream-management',
  'urn:xmpp:csi:0': 'client-state-indication',
};

/** Features of service discovery (XEP-0030), of the server and of an account. */
const discoFeatures: Readonly<Record<string, CapabilityName>> = {
  [namespaces.register]: 'registration',
  [namespaces.ping]: 'ping',
  'urn:xmpp:carbons:2': 'carbons',
  'urn:xmpp:mam:2': 'archive',
  'urn:xmpp:blocking': 'blocking',
  'jabber:iq:private': 'private-storage',
  'vcard-temp': 'vcard',
  msgoffline: 'offline-messages',
};

/** What can only be seen by somebody who is logged in. */
export const loginFeatures: readonly CapabilityName[] = [
  ...Object.values(streamFeatures),
  ...Object.values(discoFeatures),
  'disco',
  'pep',
  'stream-resumption',
];

/** The capabilities that stream features show. */
export function showStreamFeatures(features: XmlElement | undefined): CapabilityName[] {
  if (!features) return [];
  const mechanisms = offeredMechanisms(features).map((name) => `sasl-${name.toLowerCase()}`);
  const bindings = (
    features.child('sasl-channel-binding', namespaces.saslChannelBinding)?.elements ?? []
  ).map((element) => `channel-binding-${element.get('type')}`);
  const extensions = features.elements.map((element) => streamFeatures[element.namespace]);
  const shown = new Set<string | undefined>([...mechanisms, ...bindings, ...extensions]);
  return capabilityNames.filter((name) => shown.has(name));
}

/** The capabilities that an entity names when it is asked (disco#info); none when it does not answer with a result. */
export async function infoOf(
  connection: XmppConnection,
  entity: string,
  signal: AbortSignal,
): Promise<CapabilityName[]> {
  const answer = await ask(connection, entity, signal);
  const query = answer.get('type') === 'result' ? answer.child('query', namespaces.discoInfo) : undefined;
  if (!query) return [];
  const shown = new Set<string | undefined>(['disco']);
  for (const element of query.elements) {
    if (element.name === 'feature') shown.add(discoFeatures[element.get('var') ?? '']);
    if (element.get('category') === 'pubsub' && element.get('type') === 'pep') shown.add('pep');
  }
  return capabilityNames.filter((name) => shown.has(name));
}

async function ask(connection: XmppConnection, entity: string, signal: AbortSignal): Promise<XmlElement> {
  const id = `disco-${randomUUID()}`;
  const query = new XmlElement('query', namespaces.discoInfo);
  const events = connection.listen();
  try {
    connection.send(new XmlElement('iq', namespaces.client, { type: 'get', id, to: entity }, [query]));
    for (;;) {
      const event = await events.next(signal);
      if (event.kind === 'ended') throw new Error('the connection ended');
      if (event.kind === 'element' && event.element.name === 'iq' && event.element.get('id') === id) {
        return event.element;
      }
    }
  } finally {
    events.stop();
  }
}
