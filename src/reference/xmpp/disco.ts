import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { XmppDomain } from './domain.ts';
import type { IqRequest } from './iq.ts';
import { resultOf } from './stanza.ts';
import { errorReply } from './stanza-errors.ts';

export const faults: Fault[] = [
  {
    name: 'disco-without-identity',
    breaks: ['xep-0030/3.1-info-identity', 'xep-0030/3.1-bare-jid-identity'],
    summary: 'Describes itself without saying what it is',
  },
  {
    name: 'disco-without-disco-feature',
    breaks: ['xep-0030/3.1-info-feature'],
    summary: 'Leaves disco#info out of the features it lists',
  },
  {
    name: 'disco-identity-without-type',
    breaks: ['xep-0030/3.1-identity-category-and-type'],
    summary: 'Names an identity that has no type',
  },
  {
    name: 'disco-identity-differs-by-asker',
    breaks: ['xep-0030/6.3-identity-consistent'],
    summary: 'Shows each user another identity',
  },
  {
    name: 'disco-forgets-node',
    breaks: ['xep-0030/3.2-node-mirrored'],
    summary: 'Answers a request with a node as if there were none',
  },
  {
    name: 'disco-info-reveals-accounts',
    breaks: [
      'xep-0030/8-stranger-info',
      'xep-0030/8-stranger-cannot-tell',
      'xep-0030/3.1-unknown-entity-private',
    ],
    summary: 'Describes an account to anybody who asks',
  },
  {
    name: 'disco-items-reveal-resources',
    breaks: ['xep-0030/8-stranger-items'],
    summary: 'Lists the connected resources of an account to anybody who asks',
  },
  {
    name: 'disco-account-is-not-described',
    breaks: ['xep-0030/3.1-bare-jid*'],
    summary: 'Refuses to describe an account to those who may know of it',
  },
  {
    name: 'disco-requests-reach-clients',
    breaks: ['xep-0030/3.1-bare-jid-answered-by-server', 'xep-0030/4.1-items-bare-jid-answered-by-server'],
    summary: 'Asks the clients of an account, too, when somebody asks for the account',
  },
  {
    name: 'disco-tells-unknown-accounts-apart',
    breaks: [
      'xep-0030/8-no-such-account*',
      'xep-0030/8-stranger-cannot-tell',
      'xep-0030/3.1-unknown-entity-private',
    ],
    summary: 'Tells strangers by item-not-found that an account does not exist',
  },
  {
    name: 'disco-items-without-address',
    breaks: ['xep-0030/4.1-item-jid'],
    summary: 'Lists an item that has no address',
  },
  {
    name: 'disco-items-with-empty-node',
    breaks: ['xep-0030/4.2-item-node-not-empty'],
    summary: 'Lists an item whose node is empty',
  },
  {
    name: 'disco-names-differ',
    breaks: ['xep-0030/3.1-identity-names-equal', 'xep-0030/3.1-identity-no-duplicates'],
    summary: 'Gives itself the same identity under two names',
  },
  {
    name: 'disco-features-are-explained',
    breaks: ['xep-0030/3.1-feature-empty'],
    summary: 'Puts elements into the features that it lists',
  },
  {
    name: 'disco-items-have-text',
    breaks: ['xep-0030/4.1-item-no-text'],
    summary: 'Lists an item with text in it',
  },
  {
    name: 'disco-items-have-children',
    breaks: ['xep-0030/4.1-item-empty'],
    summary: 'Lists an item with an element in it',
  },
  {
    name: 'disco-refusal-without-fitting-condition',
    breaks: ['xep-0030/7-refusal-has-condition'],
    summary: 'Refuses service discovery to strangers as though something had gone wrong inside',
  },
  {
    name: 'disco-items-are-refused',
    breaks: ['xep-0030/4.1-*', 'xep-0030/7-no-items-no-error'],
    summary: 'Answers disco#items with an error',
  },
];

/** What the server says it can do. */
const serverFeatures = [
  namespaces.discoInfo,
  namespaces.discoItems,
  namespaces.ping,
  namespaces.register,
  namespaces.roster,
  'msgoffline',
];

/** XEP-0030: describes the server, and accounts to those who may know of them. */
export function answerDisco(domain: XmppDomain, request: IqRequest): XmlElement | undefined {
  const { stanza, payload, account } = request;
  const { faults } = domain;
  if (payload.name !== 'query' || stanza.get('type') !== 'get')
    return errorReply(domain, stanza, 'bad-request');
  const info = payload.namespace === namespaces.discoInfo;
  const hidden = account !== undefined && !account.isShownTo(stanza.get('from') ?? '');
  const revealed = faults.active(info ? 'disco-info-reveals-accounts' : 'disco-items-reveal-resources');
  if (hidden && !revealed) return answerStranger(domain, stanza, payload);
  if (account && info && faults.active('disco-account-is-not-described')) {
    return errorReply(domain, stanza, 'service-unavailable');
  }
  if (account && stanza.get('to') !== undefined && faults.active('disco-requests-reach-clients'))
    for (const client of account.availableSessions) client.send(stanza);
  const node = payload.get('node');
  // No entity here has nodes.
  if (node !== undefined && info && !faults.active('disco-forgets-node')) {
    return errorReply(domain, stanza, 'item-not-found');
  }
  if (!info && faults.active('disco-items-are-refused'))
    return errorReply(domain, stanza, 'service-unavailable');
  const content = info ? description(domain, request) : items(domain, request);
  const attributes = node === undefined || faults.active('disco-forgets-node') ? {} : { node };
  return resultOf(stanza, new XmlElement('query', payload.namespace, attributes, content));
}

/** XEP-0030 section 8: strangers learn nothing, not even whether the account exists. */
export function answerStranger(domain: XmppDomain, stanza: XmlElement, payload: XmlElement): XmlElement {
  const named = [namespaces.discoInfo, namespaces.discoItems].includes(payload.namespace as never);
  if (
    named &&
    domain.faults.active('disco-tells-unknown-accounts-apart') &&
    !domain.accountOf(stanza.get('to') ?? '')
  )
    return errorReply(domain, stanza, 'item-not-found');
  if (payload.namespace !== namespaces.discoItems) {
    const unfitting = domain.faults.active('disco-refusal-without-fitting-condition');
    return errorReply(domain, stanza, unfitting ? 'internal-server-error' : 'service-unavailable');
  }
  const node = payload.get('node');
  const attributes = node === undefined ? {} : { node };
  return resultOf(stanza, new XmlElement('query', namespaces.discoItems, attributes));
}

function serverIdentity({ faults }: XmppDomain, asker: string): Record<string, string> {
  if (faults.active('disco-identity-without-type')) return { category: 'server', name: 'Touchstone' };
  return {
    category: 'server',
    type: faults.active('disco-identity-differs-by-asker') ? asker : 'im',
    name: 'Touchstone',
  };
}

function description(domain: XmppDomain, { account, session }: IqRequest): XmlElement[] {
  const { faults } = domain;
  const server = serverIdentity(domain, session.account.username);
  const owner = { category: 'account', type: account?.anonymous ? 'anonymous' : 'registered' };
  const identity = new XmlElement('identity', namespaces.discoInfo, account ? owner : server);
  const alias = faults.active('disco-names-differ')
    ? [new XmlElement('identity', namespaces.discoInfo, { ...server, name: 'Milestone' })]
    : [];
  const explained = faults.active('disco-features-are-explained')
    ? [new XmlElement('text', namespaces.discoInfo)]
    : [];
  const named = account ? [namespaces.discoInfo, namespaces.discoItems] : serverFeatures;
  const features = named
    .filter((feature) => feature !== namespaces.discoInfo || !faults.active('disco-without-disco-feature'))
    .map((feature) => new XmlElement('feature', namespaces.discoInfo, { var: feature }, explained));
  if (faults.active('disco-without-identity')) return features;
  return [identity, ...alias, ...features];
}

/** The server has the service for rooms besides its accounts; an account has its available resources. */
function items({ name, rooms, faults }: XmppDomain, { account, stanza }: IqRequest): XmlElement[] {
  if (faults.active('disco-items-without-address')) return [new XmlElement('item', namespaces.discoItems)];
  if (faults.active('disco-items-with-empty-node'))
    return [new XmlElement('item', namespaces.discoItems, { jid: name, node: '' })];
  if (faults.active('disco-items-have-text'))
    return [new XmlElement('item', namespaces.discoItems, { jid: name }, ['Verona'])];
  if (faults.active('disco-items-have-children'))
    return [
      new XmlElement('item', namespaces.discoItems, { jid: name }, [new XmlElement('city', 'urn:example')]),
    ];
  if (!account) return [new XmlElement('item', namespaces.discoItems, { jid: rooms, name: 'Rooms' })];
  if (stanza.get('to') === undefined) return [];
  return account.availableSessions.map(
    (session) => new XmlElement('item', namespaces.discoItems, { jid: session.full }),
  );
}
