import type { MessagingClient } from '../../binding/messaging-client.ts';
import { meet } from '../expectation.ts';
import type { Stage } from '../stage.ts';
import type { GivenActor } from '../vocabulary.ts';
import { sendSentinel } from './acting-verbs.ts';
import { MessagingActor } from './actor.ts';
import { bindingNames, endpointOf, openerOf } from './bindings.ts';
import { arrivalFor } from './expectations.ts';
import { user } from './users.ts';

/** Brings the users of a case into their states: accounts, sign-ins, friendships, and all that follows from them. */
export async function bring(given: Map<string, GivenActor>, stage: Stage): Promise<void> {
  const all = [...given.values()];
  await makeUsers(all, stage);
  const friendly = new Set(
    all.flatMap((one) => (friendsOf(one).length > 0 ? [one.name, ...friendsOf(one)] : [])),
  );
  const present = all.filter((one) => one.state === 'signed in' || friendly.has(one.name));
  await Promise.all(present.map((one) => user(stage, one.name).signIn()));
  for (const one of all)
    for (const name of friendsOf(one)) {
      const { client } = user(stage, one.name);
      await user(stage, one.name).perform(`${one.name} and ${name} to become friends`, () =>
        client.befriend(user(stage, name).client),
      );
    }
  const leaving = present.filter((one) => one.state !== 'signed in');
  await Promise.all(leaving.map((one) => user(stage, one.name).signOut()));
  const staying = present.filter((one) => one.state === 'signed in' && friendly.has(one.name));
  for (const one of staying)
    for (const to of staying) if (to !== one) await flush(user(stage, one.name), user(stage, to.name), stage);
}

async function makeUsers(all: readonly GivenActor[], stage: Stage): Promise<void> {
  const { target, variant } = stage;
  const binding = bindingNames.find((name) => name === variant);
  if (!binding) throw new Error(`${target.name} speaks no messaging binding`);
  const openClient = await openerOf(binding, target);
  const owners = all.filter((one) => ownerOf(one) === undefined);
  const made = await Promise.all(owners.map(async (one) => [one.name, await stage.newAccount()] as const));
  const accounts = new Map(made);
  for (const one of all) {
    const account = accounts.get(ownerOf(one) ?? one.name);
    if (!account)
      throw new Error(`${one.name} is given the account of ${ownerOf(one)}, who has none of its own`);
    const actor = new MessagingActor(
      { name: one.name, account, resumable: one.options.resumable === true },
      (options): MessagingClient => openClient(account, options),
      (tls) => endpointOf(target, binding, tls),
      stage,
    );
    stage.actors.set(one.name, actor);
  }
}

function ownerOf(one: GivenActor): string | undefined {
  return typeof one.options.account === 'string' ? one.options.account : undefined;
}

function friendsOf(one: GivenActor): string[] {
  const { friends } = one.options;
  return Array.isArray(friends) ? friends.map(String) : [];
}

/** Waits until everything that is on its way from one user to the other has come. */
async function flush(from: MessagingActor, to: MessagingActor, stage: Stage): Promise<void> {
  await sendSentinel(from, to);
  const { sentinel } = to;
  const arrived = arrivalFor(to, `${to.name} to receive what ${from.name} sent`, (event) =>
    event.kind === 'message' && 'text' in event && event.text === sentinel ? 'met' : 'other',
  );
  await meet([arrived], { withinMs: stage.patience, signal: stage.signal });
  to.sentinel = undefined;
}
