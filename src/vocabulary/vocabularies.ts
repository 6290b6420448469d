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

const verbs = new Map<Vocabulary, readonly Verb[]>();

/** The verbs that a suite can use which names this vocabulary: the same list each time. */
export function verbsFor(vocabulary: Vocabulary): readonly Verb[] {
  const known = verbs.get(vocabulary);
  if (known) return known;
  const made = [vocabulary, network, server].flatMap((one) => one.verbs);
  verbs.set(vocabulary, made);
  return made;
}
