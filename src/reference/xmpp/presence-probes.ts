import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { Address } from './address.ts';
import type { XmppDomain } from './domain.ts';
import { mayKnow } from './iq.ts';
import { lastPresences } from './presence-delivery.ts';
import { delayStamp } from './stanza.ts';

export const faults: Fault[] = [
  {
    name: 'probes-of-strangers-are-answered',
    breaks: ['rfc6121/4.3.2*', 'rfc6121/4.6.6*', 'rfc6121/11*'],
    summary: 'Shows presence to whoever probes for it',
  },
  {
    name: 'probe-goes-unanswered',
    breaks: ['rfc6121/4.3*', 'rfc6121/4.6.6*', 'rfc6121/4.2.2*'],
    summary: 'Says nothing to probes',
    silent: true,
  },
  {
    name: 'probe-shows-one-resource-only',
    breaks: ['rfc6121/4.3.2*'],
    summary: 'Shows only the first available resource to a probe',
    silent: true,
  },
  {
    name: 'probe-of-resource-shows-all',
    breaks: ['rfc6121/4.3.2*'],
    summary: 'Shows all resources to a probe for one of them',
  },
  {
    name: 'offline-account-looks-available',
    breaks: ['rfc6121/4.3.2*'],
    summary: 'Answers the probe of an account without available resources with available presence',
  },
];

/** Who probes: the account, and the address that the answer goes to. */
interface Prober {
  readonly bare: string;
  readonly address: string;
}

/** The answer to a presence probe (RFC 6121 sections 4.3.2 and 4.6.6), perhaps several stanzas. */
export function answerProbe(domain: XmppDomain, prober: Prober, target: Address, id?: string): XmlElement[] {
  const { faults } = domain;
  if (!domain.serves(target) || target.local === undefined) return [];
  if (faults.active('probe-goes-unanswered')) return [];
  const account = domain.accountAt(target);
  const tracked = { to: prober.address, ...(id === undefined ? {} : { id }) };
  const presence = (attributes: Record<string, string>, children: XmlElement[] = []) =>
    new XmlElement('presence', namespaces.client, attributes, children);

  const resource = domain.sessionAt(target);
  const revealed = faults.active('probes-of-strangers-are-answered');
  if (!account || !(mayKnow(account, prober.bare) || revealed)) {
    const shown = resource?.directed.has(prober.address) || resource?.directed.has(prober.bare);
    if (resource && shown) return [presence({ ...tracked, from: resource.full })];
    return [presence({ ...tracked, type: 'unsubscribed', from: target.bare })];
  }
  if (target.resource !== undefined && !faults.active('probe-of-resource-shows-all')) {
    if (resource?.available) return [presence({ to: prober.address, from: resource.full })];
    return [presence({ ...tracked, type: 'unavailable', from: target.full })];
  }
  const all = lastPresences(account, prober.address);
  if (all.length > 0) return faults.active('probe-shows-one-resource-only') ? all.slice(0, 1) : all;
  if (faults.active('offline-account-looks-available')) return [presence({ ...tracked, from: account.bare })];
  const since = account.unavailableSince;
  const stamp = since ? [delayStamp(account.bare, since)] : [];
  return [presence({ ...tracked, type: 'unavailable', from: account.bare }, stamp)];
}
