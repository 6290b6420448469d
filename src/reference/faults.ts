import { faults as certificateFaults } from './certificates.ts';
import { faults as chatFaults } from './chat/chat-faults.ts';
import type { Fault, ServiceName } from './fault.ts';
import { operators } from './operators.ts';
import { faults as echoFaults } from './websocket/echo-faults.ts';
import { faults as accountFaults } from './xmpp/accounts.ts';
import { faults as addressFaults } from './xmpp/address.ts';
import { faults as bindingFaults } from './xmpp/binding.ts';
import { faults as clientCertificateFaults } from './xmpp/client-certificates.ts';
import { faults as discoFaults } from './xmpp/disco.ts';
import { faults as domainpartFaults } from './xmpp/domainpart.ts';
import { faults as helloFaults } from './xmpp/hello-faults.ts';
import { faults as iqFaults } from './xmpp/iq.ts';
import { faults as messageFaults } from './xmpp/message-routing.ts';
import { faults as offlineFaults } from './xmpp/offline.ts';
import { faults as pingFaults } from './xmpp/ping.ts';
import { faults as precisFaults } from './xmpp/precis.ts';
import { faults as presenceFaults } from './xmpp/presence.ts';
import { faults as probeFaults } from './xmpp/presence-probes.ts';
import { faults as roomFaults } from './xmpp/rooms.ts';
import { faults as rosterFaults } from './xmpp/roster-protocol.ts';
import { faults as rosterPushFaults } from './xmpp/roster-pushes.ts';
import { faults as saslFaults } from './xmpp/sasl.ts';
import { faults as mechanismFaults } from './xmpp/sasl-mechanisms.ts';
import { faults as scramFaults } from './xmpp/sasl-scram.ts';
import { faults as scramMessageFaults } from './xmpp/sasl-scram-messages.ts';
import { faults as stanzaErrorFaults } from './xmpp/stanza-errors.ts';
import { faults as stanzaFaults } from './xmpp/stanza-rules.ts';
import { faults as shapeFaults } from './xmpp/stanza-shapes.ts';
import { faults as starttlsFaults } from './xmpp/starttls.ts';
import { faults as elementFaults } from './xmpp/stream-elements.ts';
import { faults as streamErrorFaults } from './xmpp/stream-errors.ts';
import { faults as streamFaults } from './xmpp/stream-faults.ts';
import { faults as featureFaults } from './xmpp/stream-features.ts';
import { faults as headerFaults } from './xmpp/stream-headers.ts';
import { faults as managementFaults } from './xmpp/stream-management.ts';
import { faults as subscriptionFaults } from './xmpp/subscriptions.ts';
import { faults as inboundSubscriptionFaults } from './xmpp/subscriptions-inbound.ts';
import { faults as webSocketTransportFaults } from './xmpp/websocket-transport.ts';
import { faults as xmppServiceFaults } from './xmpp/xmpp-service.ts';

/** What can go wrong in one area of a protocol, and in which service; absent: in what all of them share. */
interface FaultArea {
  readonly service?: ServiceName;
  readonly faults: readonly Fault[];
}

const areas: Readonly<Record<string, FaultArea>> = {
  accounts: { faults: accountFaults },
  certificates: { faults: certificateFaults },
  streams: {
    service: 'xmpp',
    faults: [
      ...headerFaults,
      ...elementFaults,
      ...featureFaults,
      ...streamFaults,
      ...streamErrorFaults,
      ...xmppServiceFaults,
    ],
  },
  tls: { service: 'xmpp', faults: [...starttlsFaults, ...helloFaults] },
  sasl: {
    service: 'xmpp',
    faults: [
      ...saslFaults,
      ...mechanismFaults,
      ...clientCertificateFaults,
      ...scramFaults,
      ...scramMessageFaults,
    ],
  },
  binding: { service: 'xmpp', faults: bindingFaults },
  stanzas: {
    service: 'xmpp',
    faults: [...stanzaFaults, ...stanzaErrorFaults, ...shapeFaults, ...iqFaults, ...roomFaults],
  },
  addresses: { service: 'xmpp', faults: [...addressFaults, ...domainpartFaults, ...precisFaults] },
  roster: { service: 'xmpp', faults: [...rosterFaults, ...rosterPushFaults] },
  subscriptions: { service: 'xmpp', faults: [...subscriptionFaults, ...inboundSubscriptionFaults] },
  presence: { service: 'xmpp', faults: [...presenceFaults, ...probeFaults] },
  messages: { service: 'xmpp', faults: [...messageFaults, ...offlineFaults] },
  'stream management': { service: 'xmpp', faults: managementFaults },
  'xmpp over websocket': { service: 'xmpp', faults: webSocketTransportFaults },
  extensions: { service: 'xmpp', faults: [...discoFaults, ...pingFaults] },
  chat: { service: 'chat', faults: chatFaults },
  websocket: { service: 'websocket', faults: echoFaults },
};

/** The named faults by the area of the protocol that they break. */
export const faultsByArea: Readonly<Record<string, readonly Fault[]>> = Object.fromEntries(
  Object.entries(areas).map(([area, { service, faults }]) => [
    area,
    service === undefined ? faults : faults.map((fault) => ({ ...fault, service })),
  ]),
);

/** Every named fault that the embedded server can commit. */
export const faults: readonly Fault[] = Object.values(faultsByArea).flat();

/** Every operator that can meddle with what the embedded server sends. */
export { operators };

/** What an embedded server can be told to do wrong: the names of all faults and operators. */
export const faultNames: readonly string[] = [...faults, ...operators].map((fault) => fault.name);

/** Throws where a name is neither that of a fault nor that of an operator. */
export function checkFaultNames(names: readonly string[]): void {
  const unknown = names.filter((name) => !faultNames.includes(name));
  if (unknown.length === 0) return;
  throw new Error(`the embedded server has no fault called ${unknown.join(', ')}`);
}
