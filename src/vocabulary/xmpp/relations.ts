import { namespaces } from '../../xmpp/namespaces.ts';
import type { Stage } from '../stage.ts';
import { actorAs } from '../vocabulary.ts';
import { XmppActor } from './actor.ts';
import { ask, goOnline, reach } from './session.ts';

/** One presence subscription that is there before the case begins: `from` sees `to`, or has asked to. */
export interface Relation {
  from: string;
  to: string;
  granted: boolean;
}

/**
 * Makes subscriptions between the accounts of a case over connections of their own, which are closed before the
 * actors connect: a case finds the relations there and nothing of how they were made.
 */
export async function makeRelations(relations: readonly Relation[], stage: Stage): Promise<void> {
  if (relations.length === 0) return;
  const helpers = new Map<string, XmppActor>();
  try {
    const involved = new Set(relations.flatMap(({ from, to }) => [from, to]));
    await Promise.all(
      [...involved].map(async (name) => {
        const { account } = actorAs(stage, name, XmppActor);
        const helper = new XmppActor(`${name}-before`, account, { transport: 'tcp' }, stage);
        helpers.set(name, helper);
        await reach(helper, 'bound', {}, stage);
        await goOnline(helper, '<presence/>', stage);
      }),
    );
    // One after another: two of the same pair would meet each other's roster pushes.
    for (const relation of relations) await makeRelation(relation, helpers, stage);
    await Promise.all([...helpers.values()].map((helper) => leave(helper, stage)));
  } finally {
    for (const helper of helpers.values()) helper.dispose();
  }
}

async function makeRelation(
  relation: Relation,
  helpers: Map<string, XmppActor>,
  stage: Stage,
): Promise<void> {
  const asking = helpers.get(relation.from);
  const asked = helpers.get(relation.to);
  if (!asking || !asked) return;
  await ask(asked, stage, {
    expected: `a subscription request from ${asking.account.bare}`,
    write: () => asking.send(presence(asked, 'subscribe')),
    read: (event) =>
      event.kind === 'element' &&
      event.element.name === 'presence' &&
      event.element.get('type') === 'subscribe' &&
      event.element.get('from')?.startsWith(asking.account.bare)
        ? true
        : undefined,
  });
  if (!relation.granted) return;
  const pushed = rosterPush(asking, asked.account.bare, ['to', 'both'], stage, () => undefined);
  const own = rosterPush(asked, asking.account.bare, ['from', 'both'], stage, () =>
    asked.send(presence(asking, 'subscribed')),
  );
  await Promise.all([pushed, own]);
}

function presence(to: XmppActor, type: string): string {
  return `<presence xmlns='${namespaces.client}' to='${to.account.bare}' type='${type}'/>`;
}

function rosterPush(
  actor: XmppActor,
  contact: string,
  subscriptions: readonly string[],
  stage: Stage,
  write: () => void,
): Promise<boolean> {
  return ask(actor, stage, {
    expected: `a roster push with the subscription ${subscriptions.join(' or ')} for ${contact}`,
    write,
    read: (event) => {
      if (event.kind !== 'element' || event.element.name !== 'iq') return undefined;
      const item = event.element.child('query', namespaces.roster)?.child('item');
      if (item?.get('jid') !== contact) return undefined;
      return subscriptions.includes(item.get('subscription') ?? 'none') ? true : undefined;
    },
  });
}

/** Goes offline in good order, so that nobody sees the connection that made the relations. */
async function leave(helper: XmppActor, stage: Stage): Promise<void> {
  await ask(helper, stage, {
    expected: 'the server to close the stream',
    write: () => {
      helper.send(`<presence xmlns='${namespaces.client}' type='unavailable'/>`);
      helper.connection.closeStream();
    },
    read: (event) => (event.kind === 'stream-end' || event.kind === 'ended' ? true : undefined),
  });
}
