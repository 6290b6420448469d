import { namespaces } from '../../xmpp/namespaces.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { Stage } from '../stage.ts';
import { actorAs, verb } from '../vocabulary.ts';
import { XmppActor } from './actor.ts';
import { resumeStream } from './management-verbs.ts';
import { Returning } from './returning.ts';
import { goOnline, reach } from './session.ts';
import { elementOf } from './stanza-expectation.ts';

async function comeOnline(actor: XmppActor, stage: Stage): Promise<void> {
  actor.streamManagement = undefined;
  await reach(actor, 'bound', { resource: actor.resource }, stage);
  await goOnline(actor, '<presence/>', stage);
}

/** The actor has a connection that works: the server answers on it. */
class Back implements Expectation {
  readonly #actor: XmppActor;
  /** How often the actor had come back when it last asked the server for an answer. */
  #asked = -1;

  constructor(actor: XmppActor) {
    this.#actor = actor;
  }

  get #expected(): string {
    return `${this.#actor.name} to be back`;
  }

  get #id(): string {
    return `back-${this.#asked}`;
  }

  look(): Look {
    const { returning, inbox, account } = this.#actor;
    const broken = this.#actor.brokenBy(this.#expected);
    if (broken) return broken;
    const answer = inbox.waiting().find((arrival) => elementOf(arrival)?.get('id') === this.#id);
    if (answer)
      return {
        state: 'met',
        take: () => {
          answer.taken = true;
        },
      };
    const times = returning?.times ?? 0;
    if (!returning?.underWay && times !== this.#asked) {
      this.#asked = times;
      const ping = `<ping xmlns='${namespaces.ping}'/>`;
      this.#actor.send(
        `<iq xmlns='${namespaces.client}' type='get' to='${account.domain}' id='${this.#id}'>${ping}</iq>`,
      );
    }
    return { state: 'waiting' };
  }

  onArrival(listener: () => void): () => void {
    const stops = [this.#actor.inbox.onArrival(listener), this.#actor.returning?.onReturn(listener)];
    return () => {
      for (const stop of stops) stop?.();
    };
  }

  late(withinMs: number): Finding {
    return this.#actor.finding('silence', this.#expected, `it was not within ${withinMs} ms`);
  }
}

export const returningVerbs = [
  verb({
    subject: 'actor',
    phrase: 'keeps resuming',
    summary:
      'From here on connects, authenticates and resumes the stream whenever the connection ends without a word, and answers requests for acknowledgement. What it sends meanwhile waits, and what the server had not handled is sent again; a refusal fails the next step that waits',
    example: '- romeo keeps resuming',
    play: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      actor.management.answers = true;
      actor.returning = new Returning(actor, stage, (patient) => resumeStream(actor, {}, patient));
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'keeps coming online',
    summary:
      'From here on comes online anew whenever the connection ends without a word, by a session of its own each time; a refusal fails the next step that waits',
    example: '- juliet keeps coming online',
    play: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      actor.returning = new Returning(actor, stage, (patient) => comeOnline(actor, patient));
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'is back',
    summary:
      'Is there, or has come back since the connection ended last: the server answers a request, with a result or an error',
    example: '- juliet is back',
    expect: (step, stage) => new Back(actorAs(stage, step.subject, XmppActor)),
  }),
];
