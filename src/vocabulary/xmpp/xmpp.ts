import type { Vocabulary } from '../vocabulary.ts';
import { connectingVerbs } from './connecting-verbs.ts';
import { bring, givenOptions } from './given.ts';
import { helloVerbs } from './hello-verbs.ts';
import { listVerbs } from './list-verbs.ts';
import { managementVerbs } from './management-verbs.ts';
import { receivingVerbs } from './receiving.ts';
import { returningVerbs } from './returning-verbs.ts';
import { sendingVerbs } from './sending-verbs.ts';
import { sessionVerbs } from './session-verbs.ts';
import { streamVerbs } from './stream-verbs.ts';
import { endpointFor, isTransport, transports } from './transport.ts';

/** XMPP as a client sees it: streams, TLS, SASL, stanzas, stream management. */
export const xmpp: Vocabulary = {
  name: 'xmpp',
  summary:
    'XMPP as a client sees it: streams, TLS, SASL, stanzas and stream management, over TCP, TLS or WebSocket',
  verbs: [
    ...connectingVerbs,
    ...helloVerbs,
    ...managementVerbs,
    ...returningVerbs,
    ...sendingVerbs,
    ...receivingVerbs,
    ...sessionVerbs,
    ...listVerbs,
    ...streamVerbs,
  ],
  actors: {
    states: [
      { name: 'registered', summary: 'the account exists, nothing is connected' },
      { name: 'connected', summary: 'a stream is open and its features have come' },
      { name: 'secured', summary: 'TLS is on, by STARTTLS where it is not direct' },
      { name: 'authenticated', summary: 'SASL has succeeded, and the stream is open again' },
      { name: 'bound', summary: 'a resource is bound; no roster was requested, no presence sent' },
      { name: 'online', summary: 'the roster was requested and initial presence sent (the default)' },
    ],
    options: givenOptions,
    facts: [
      { name: 'bare', summary: 'the bare JID' },
      { name: 'full', summary: 'the full JID, once a resource is bound' },
      { name: 'local', summary: 'the localpart' },
      { name: 'domain', summary: 'the domainpart' },
      { name: 'resource', summary: 'the resourcepart, once it is bound' },
      { name: 'password', summary: 'the password' },
      { name: 'local-in-capitals', summary: 'the localpart in upper case' },
      { name: 'domain-in-capitals', summary: 'the domainpart in upper case' },
      { name: 'local-in-fullwidth', summary: 'the localpart in fullwidth characters (U+FF01 to U+FF5E)' },
      { name: 'domain-in-fullwidth', summary: 'the domainpart in fullwidth characters' },
    ],
    needs: () => ['xmpp'],
    transports,
    variants: {
      of: (over) => over.map((name) => ({ name, suffix: name === transports[0] ? '' : `/${name}` })),
      fits: (name, { endpoints }) => isTransport(name) && endpointFor(name, endpoints) !== undefined,
    },
    bring,
  },
};
