import { core } from './core/core.ts';
import { messaging } from './messaging/messaging.ts';
import { network } from './network/network.ts';
import { server } from './server/server.ts';
import type { Verb, Vocabulary } from './vocabulary.ts';
import { websocket } from './websocket/websocket.ts';
import { xmpp } from './xmpp/xmpp.ts';

/** Every vocabulary there is. The core ones are in every suite; of the others a suite `uses` one. */
export const vocabularies: readonly Vocabulary[] = [core, network, server, xmpp, websocket, messaging];

export function vocabularyNamed(name: string): Vocabulary | undefined {
  return vocabularies.find((vocabulary) => vocabulary.name === name);
}

/** The verbs that a suite can use which names this vocabulary. */
export function verbsFor(vocabulary: Vocabulary): Verb[] {
  return [vocabulary, network, server].flatMap((one) => one.verbs);
}
