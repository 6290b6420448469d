import type { Stage } from '../stage.ts';
import type { ActorKind, GivenActor, Vocabulary } from '../vocabulary.ts';
import { endpoints, transports, WebSocketActor, type WebSocketOptions } from './actor.ts';
import { cleanClose } from './clean-close.ts';
import { closingVerbs } from './closing.ts';
import { exchangingVerbs } from './exchanging.ts';
import { http2Verbs } from './http2.ts';
import { settingsSchema } from './http2-way.ts';
import { open, openingVerbs } from './opening.ts';
import { receivingVerbs } from './receiving.ts';
import { sendingVerbs } from './sending.ts';
import { tlsVerbs } from './tls.ts';
import { tlsWaySchema } from './tls-way.ts';
import { wholeRefusal } from './whole-refusal.ts';

const actors: ActorKind = {
  states: [
    {
      name: 'connected',
      summary: 'The TCP connection is there (and TLS where it is used), nothing was sent',
    },
    { name: 'open', summary: 'The opening handshake has succeeded' },
  ],
  options: {
    path: { type: 'string', description: "The resource to ask for; the endpoint's own unless given" },
    headers: {
      type: 'object',
      description: 'More header fields for the request',
      additionalProperties: { type: 'string' },
    },
    subprotocols: {
      type: 'array',
      items: { type: 'string' },
      description: 'To be offered, in order of preference',
    },
    extensions: {
      type: 'string',
      description: 'The value of Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    },
    endpoint: {
      enum: [...endpoints],
      description: 'Whom to speak to: WebSocket as such (the default), or XMPP over WebSocket (RFC 7395)',
    },
    transport: {
      enum: [...transports],
      description:
        'TCP, TLS, one stream of HTTP/2 over TLS (RFC 8441), or plain TCP to the port that expects TLS',
    },
    settings: { ...settingsSchema, description: 'Of HTTP/2: what the client tells in its first SETTINGS' },
    shares: { type: 'string', description: 'Of HTTP/2: the actor over whose connection the stream goes' },
    tls: { ...tlsWaySchema, description: 'How TLS is begun, where it is used' },
  },
  facts: [
    { name: 'authority', summary: 'Host and port, as the Host header field has them' },
    { name: 'path', summary: 'The resource of the endpoint' },
    { name: 'key', summary: 'The Sec-WebSocket-Key of the request, or of the next one' },
    { name: 'accept', summary: 'The Sec-WebSocket-Accept that answers this key' },
    {
      name: 'sentinel',
      summary: 'A payload that makes a ping a sentinel, where it stands among other frames',
    },
  ],
  needs: (given) => [...given.values()].map(({ options }) => endpointOf(options)),
  bring: async (given, stage) => {
    // Who shares a connection waits for it.
    for (const shares of [false, true]) {
      const some = [...given.values()].filter(({ options }) => (options.shares !== undefined) === shares);
      await Promise.all(some.map((actor) => bringOne(actor, stage)));
    }
  },
};

function endpointOf({ endpoint }: Partial<WebSocketOptions>): WebSocketOptions['endpoint'] {
  return endpoint ?? 'websocket';
}

async function bringOne(given: GivenActor, stage: Stage): Promise<void> {
  const options = given.options as Partial<WebSocketOptions>;
  const { transport, tls, settings, shares, path, headers, subprotocols, extensions } = options;
  const { names } = stage;
  const filled = Object.entries(headers ?? {}).map(([name, value]) => [name, names.fill(value)]);
  const actor = new WebSocketActor(
    given.name,
    {
      endpoint: endpointOf(options),
      transport: transport ?? 'tcp',
      ...(tls === undefined ? {} : { tls }),
      ...(settings === undefined ? {} : { settings }),
      ...(shares === undefined ? {} : { shares }),
      ...(path === undefined ? {} : { path: names.fill(path) }),
      headers: Object.fromEntries(filled),
      subprotocols: subprotocols ?? [],
      ...(extensions === undefined ? {} : { extensions: names.fill(extensions) }),
    },
    stage,
  );
  stage.actors.set(given.name, actor);
  await actor.connect();
  if (given.state === 'open') await open(actor, stage, stage.patience);
}

/** WebSocket clients that can keep the protocol of RFC 6455 and RFC 7692, or break it in any way. */
export const websocket: Vocabulary = {
  name: 'websocket',
  summary: 'WebSocket clients, frame by frame',
  verbs: [
    ...tlsVerbs,
    ...http2Verbs,
    ...openingVerbs,
    wholeRefusal,
    ...sendingVerbs,
    ...receivingVerbs,
    ...exchangingVerbs,
    ...closingVerbs,
    cleanClose,
  ],
  actors,
};
