import { randomBytes } from 'node:crypto';

import type { Account } from '../../target/running-target.ts';
import { escapeXml } from '../../xmpp/element.ts';
import type { Stage } from '../stage.ts';
import { actorAs, type GivenActor } from '../vocabulary.ts';
import { type Way, XmppActor } from './actor.ts';
import { certificateSchema, wantedCertificate } from './client-certificates.ts';
import { enableStreamManagement } from './management-verbs.ts';
import { makeRelations, type Relation } from './relations.ts';
import { ask, goOnline, inStanzaNamespace, reach, states } from './session.ts';
import { isTransport, transports } from './transport.ts';

/** What `given` may say of an XMPP actor beside its state. */
export const givenOptions = {
  account: { type: 'string', description: 'The actor is another resource of that actor’s account' },
  resource: { type: 'string', description: 'The resource to bind; without one the server chooses' },
  transport: {
    enum: transports,
    description: 'Default: what the case is played over: tcp, secured by STARTTLS',
  },
  mechanism: {
    type: 'string',
    description: 'The SASL mechanism; default: PLAIN under TLS, else the strongest without channel binding',
  },
  presence: { type: 'string', description: 'Initial presence, instead of `<presence/>`' },
  contacts: names('Actors with whom the presence subscription is mutual'),
  sees: names('Actors whose presence this one is subscribed to'),
  asks: names('Actors that this one has asked for a subscription, which is not answered yet'),
  'stream management': {
    enum: [true, false, 'resumable'],
    description: 'Stream management is enabled after binding (XEP-0198); `resumable`: with resumption',
  },
  certificate: certificateSchema,
  anonymous: {
    type: 'boolean',
    description: 'The actor has no account: it speaks to the domain for ANONYMOUS',
  },
} as const;

function names(description: string) {
  return { type: 'array', items: { type: 'string' }, description } as const;
}

/** Makes accounts, relations between them, and connections, each as far as its state says. */
export async function bring(given: Map<string, GivenActor>, stage: Stage): Promise<void> {
  await makeActors([...given.values()], stage);
  await makeRelations(relationsOf(given), stage);
  await Promise.all([...given.values()].map((one) => bringOne(one, stage)));
  const online = [...given.values()].filter((one) => one.state === 'online');
  await Promise.all(online.map((one) => comeOnline(one, stage)));
  if (online.length > 1) await settle([...given.values()].filter(isConnectedUser), stage);
}

function isConnectedUser(one: GivenActor): boolean {
  return one.state === 'bound' || one.state === 'online';
}

async function makeActors(all: readonly GivenActor[], stage: Stage): Promise<void> {
  const owners = all.filter((one) => one.options.account === undefined);
  await Promise.all(
    owners.map(async (one) => {
      const account = one.options.anonymous === true ? nobodyAt(stage) : await stage.newAccount();
      stage.actors.set(one.name, new XmppActor(one.name, account, wayOf(one, stage), stage));
    }),
  );
  for (const one of all.filter((other) => other.options.account !== undefined)) {
    const { account } = actorAs(stage, String(one.options.account), XmppActor);
    stage.actors.set(one.name, new XmppActor(one.name, account, wayOf(one, stage), stage));
  }
  for (const one of all) {
    const wanted = wantedCertificate(one.options.certificate);
    const actor = actorAs(stage, one.name, XmppActor);
    if (typeof one.options.resource === 'string') actor.resource = one.options.resource;
    if (wanted) actor.way.certificate = await actor.clientCertificate(wanted);
  }
}

/** Who logs in by ANONYMOUS: where the target has a domain of its own for that, there. */
function nobodyAt({ target }: Stage): Account {
  const domain = target.anonymousDomain ?? target.domain;
  return { username: '', password: '', domain, bare: domain };
}

/** What `given` says, or what the case as a whole is played over. */
function wayOf({ options }: GivenActor, { variant }: Stage): Way {
  const transport = [options.transport, variant].find(isTransport);
  return { transport: transport ?? transports[0] };
}

function relationsOf(given: ReadonlyMap<string, GivenActor>): Relation[] {
  const relations: Relation[] = [];
  const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  for (const { name, options } of given.values()) {
    for (const other of list(options.contacts))
      relations.push({ from: name, to: other, granted: true }, { from: other, to: name, granted: true });
    for (const other of list(options.sees)) relations.push({ from: name, to: other, granted: true });
    for (const other of list(options.asks)) relations.push({ from: name, to: other, granted: false });
  }
  return relations;
}

async function bringOne(one: GivenActor, stage: Stage): Promise<void> {
  const actor = actorAs(stage, one.name, XmppActor);
  const { resource, mechanism } = one.options;
  const state = states.find((known) => known === one.state) ?? 'online';
  await reach(actor, state, loginOf(resource, mechanism), stage);
  const management = one.options['stream management'];
  if (isConnectedUser(one) && management)
    await enableStreamManagement(actor, { resume: management === 'resumable' }, stage);
}

function loginOf(resource: unknown, mechanism: unknown) {
  return {
    resource: typeof resource === 'string' ? resource : undefined,
    ...(typeof mechanism === 'string' ? { attempt: { mechanism } } : {}),
  };
}

async function comeOnline(one: GivenActor, stage: Stage): Promise<void> {
  const { presence } = one.options;
  const initial = typeof presence === 'string' ? stage.names.fill(presence) : '<presence/>';
  await goOnline(actorAs(stage, one.name, XmppActor), initial, stage);
}

/**
 * Each actor sends every other a message and waits for those of the others: whatever was on its way between them
 * has come then, so that it is not taken for something that the steps caused. They have no body: servers archive
 * what has one, which takes longer than all the rest.
 */
async function settle(all: readonly GivenActor[], stage: Stage): Promise<void> {
  const actors = all.map((one) => actorAs(stage, one.name, XmppActor));
  await Promise.all(
    actors.map(async (actor) => {
      const id = `settled-${randomBytes(6).toString('hex')}`;
      const senders = actors.filter((other) => other !== actor);
      const missing = new Set(senders.map((sender) => sender.full));
      await ask(actor, stage, {
        expected: `${actor.name} to receive a message from each of the others`,
        write: () => {
          for (const sender of senders)
            sender.send(
              inStanzaNamespace(
                `<message to='${escapeXml(actor.full ?? actor.account.bare)}' type='chat' id='${id}'><settled xmlns='urn:touchstone'/></message>`,
              ),
            );
        },
        read: (event) => {
          if (event.kind === 'element' && event.element.get('id') === id)
            missing.delete(event.element.get('from'));
          return missing.size === 0 ? true : undefined;
        },
      });
    }),
  );
}
