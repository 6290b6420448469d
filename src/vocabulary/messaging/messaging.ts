import type { Vocabulary } from '../vocabulary.ts';
import { actingVerbs } from './acting-verbs.ts';
import { bindingNames, bindingsOf } from './bindings.ts';
import { bring } from './given.ts';
import { waitingVerbs } from './waiting-verbs.ts';

/** Messaging as users know it, whatever the protocol: played once for each binding that the target speaks. */
export const messaging: Vocabulary = {
  name: 'messaging',
  summary:
    'What users of any messaging server do and see; each case is played over every binding of the target',
  verbs: [...actingVerbs, ...waitingVerbs],
  actors: {
    states: [
      { name: 'registered', summary: 'the user has an account and is not connected' },
      { name: 'signed in', summary: 'the user is signed in and available (the default)' },
    ],
    options: {
      account: { type: 'string', description: 'Another device of that user: the same account' },
      friends: {
        type: 'array',
        items: { type: 'string' },
        description: 'Users of the case whose presence this one sees, and who see this one’s',
      },
      resumable: {
        type: 'boolean',
        description: 'The server is asked to keep the session when the connection is lost',
      },
    },
    facts: [
      { name: 'address', summary: 'how others address the user' },
      { name: 'local', summary: 'the account’s name' },
      { name: 'password', summary: 'the account’s password' },
    ],
    needs: () => [],
    variants: {
      of: () => bindingNames.map((name) => ({ name, suffix: `/${name}` })),
      fits: (name, target) => bindingsOf(target).some((binding) => binding === name),
      // What a chat server can do, its dialect says; an XMPP server offers it or not.
      needs: (name, given) =>
        name === 'xmpp' && [...given.values()].some((one) => one.options.resumable === true)
          ? ['stream-resumption']
          : [],
    },
    bring,
  },
};
