import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { Address } from './address.ts';
import type { XmppDomain } from './domain.ts';
import { lastPresences } from './presence-delivery.ts';
import { delayStamp, withAttributes } from './stanza.ts';

export const faults: Fault[] = [
  {
    name: 'probes-of-strangers-are-answered',
    breaks: [
      'rfc6121/4.3.2-unauthorized',
      'rfc6121/4.3.2-unauthorized-from-bare',
      'rfc6121/4.3.2-unauthorized-keeps-pre-approval',
    ],
    summary: 'Shows presence to whoever probes for it',
  },
  {
    name: 'probe-goes-unanswered',
    breaks: [
      'rfc6121/4.3.2-full-address-available',
      'rfc6121/4.3.2-full-stanza-per-resource',
      'rfc6121/4.3.2-no-available-resource',
      'rfc6121/4.3.2-unauthorized',
      'rfc6121/4.6.6-probe-checks-directed',
    ],
    summary: 'Says nothing to probes',
    silent: true,
  },
  {
    name: 'probe-shows-one-resource-only',
    breaks: ['rfc6121/4.3.2-full-stanza-extended-content', 'rfc6121/4.3.2-full-stanza-per-resource'],
    summary: 'Shows only the first available resource to a probe',
    silent: true,
  },
  {
    name: 'probe-of-resource-shows-all',
    breaks: ['rfc6121/4.3.2-full-address-available', 'rfc6121/4.3.2-full-address-only-that-resource'],
    summary: 'Shows all resources to a probe for one of them',
  },
  {
    name: 'offline-account-looks-available',
    breaks: ['rfc6121/4.3.2-no-available-resource'],
    summary: 'Answers the probe of an account without available resources with available presence',
  },
  {
    name: 'probe-of-resource-shows-content',
    breaks: ['rfc6121/4.3.2-full-address-mere-presence'],
    summary: 'Shows the whole presence to a probe for one resource',
  },
  {
    name: 'probe-answers-lose-id',
    breaks: ['rfc6121/4.3.2.1*'],
    summary: 'Puts no id on the answers to probes',
  },
  {
    name: 'probe-of-absent-without-delay',
    breaks: ['rfc6121/4.3.2-unavailable-delay'],
    summary: 'Does not say since when an account is unavailable',
  },
  {
    name: 'directed-presence-answers-no-probe',
    breaks: ['rfc6121/4.6.6*'],
    summary: 'Refuses the probe of somebody who got directed presence',
  },
];

/** Who probes: the account, and the address that the answer goes to. */
interface Prober {
  readonly bare: string;
  readonly address: string;
}

/** The answer to a presence probe (RFC 6121 sections 4.3.2 and 4.6.6), perhaps several stanzas. */
export function answerProbe(domain: XmppDomain, prober: Prober, target: Address, id?: string): XmlElement[] {
  const answers = findAnswers(domain, prober, target, id);
  if (!domain.faults.active('probe-answers-lose-id')) return answers;
  return answers.map((answer) => withAttributes(answer, { id: undefined }));
}

function findAnswers(domain: XmppDomain, prober: Prober, target: Address, id?: string): XmlElement[] {
  const { faults } = domain;
  if (!domain.serves(target) || target.local === undefined) return [];
  if (faults.active('probe-goes-unanswered')) return [];
  const account = domain.accountAt(target);
  const tracked = { to: prober.address, ...(id === undefined ? {} : { id }) };
  const revealed = faults.active('probes-of-strangers-are-answered');
  if (!account || !(account.isShownTo(prober.bare) || revealed)) {
    return [answerStranger(domain, prober, target, tracked)];
  }
  if (target.resource !== undefined && !faults.active('probe-of-resource-shows-all')) {
    return [answerForResource(domain, target, tracked)];
  }
  const all = lastPresences(account, prober.address);
  if (all.length > 0) return faults.active('probe-shows-one-resource-only') ? all.slice(0, 1) : all;
  if (faults.active('offline-account-looks-available')) return [presence({ ...tracked, from: account.bare })];
  const since = account.unavailableSince;
  const stamp =
    since && !faults.active('probe-of-absent-without-delay') ? [delayStamp(account.bare, since)] : [];
  return [presence({ ...tracked, type: 'unavailable', from: account.bare }, stamp)];
}

/** A stranger learns of a resource only what directed presence told it already (section 4.6.6). */
function answerStranger(
  domain: XmppDomain,
  prober: Prober,
  target: Address,
  tracked: Record<string, string>,
): XmlElement {
  const resource = domain.sessionAt(target);
  const shown = resource?.directed.has(prober.address) || resource?.directed.has(prober.bare);
  if (resource && shown && !domain.faults.active('directed-presence-answers-no-probe')) {
    return presence({ ...tracked, from: resource.full });
  }
  return presence({ ...tracked, type: 'unsubscribed', from: target.bare });
}

/** A probe of one resource is shown that it is there, and no details (section 4.3.2). */
function answerForResource(domain: XmppDomain, target: Address, tracked: Record<string, string>): XmlElement {
  const resource = domain.sessionAt(target);
  if (!resource?.presence) return presence({ ...tracked, type: 'unavailable', from: target.full });
  const detailed = domain.faults.active('probe-of-resource-shows-content');
  return presence({ to: tracked.to ?? '', from: resource.full }, detailed ? resource.presence.elements : []);
}

function presence(attributes: Record<string, string>, children: XmlElement[] = []): XmlElement {
  return new XmlElement('presence', namespaces.client, attributes, children);
}
