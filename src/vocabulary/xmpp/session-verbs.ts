import { StepFailure } from '../expectation.ts';
import { FactExpectation } from '../facts.ts';
import { actorAs, StepMistake, verb } from '../vocabulary.ts';
import { XmppActor } from './actor.ts';
import { bind, connect, openStream, reach } from './session.ts';
import { breach, sessionRules } from './session-rules.ts';
import { foretold } from './stream-ids.ts';

/** Fewer ids than this can lie in some order by chance. */
const fewestIds = 12;

/** How many are to be looked at. */
function enough(count: string | undefined): number {
  const number = Number(count);
  if (Number.isInteger(number) && number >= fewestIds && number <= 100) return number;
  throw new StepMistake(`\`${count}\` is no number from ${fewestIds} to 100`);
}

/** Has the server make something up so often; that it lies in no order. */
async function expectRandom(
  actor: XmppActor,
  what: string,
  count: number,
  next: () => Promise<string>,
): Promise<void> {
  const made: string[] = [];
  while (made.length < count) made.push(await next());
  const order = foretold(made);
  if (order === undefined) return;
  const finding = actor.finding('mismatch', `${what} that cannot be foretold`, order);
  throw new StepFailure({ ...finding, nearest: made.join('\n') });
}

/** Verbs about much that came, in place of one thing that is to come. */
export const sessionVerbs = [
  verb({
    subject: 'actor',
    phrase: 'opens {count} streams with ids that cannot be foretold',
    summary:
      'Opens streams one after another, each on a connection of its own: no two have the same id, and in no reading do the ids go up or down throughout (RFC 6120 section 4.7.3)',
    example: '- romeo opens 20 streams with ids that cannot be foretold',
    prepare: ({ slots }) => enough(slots.count),
    play: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      return expectRandom(actor, 'ids', step.prepared, async () => {
        await connect(actor, stage);
        await openStream(actor, stage);
        return actor.connection.header?.get('id') ?? '';
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'binds {count} resources that cannot be foretold',
    summary:
      'Logs in again and again, each time on a connection of its own, and has the server make up a resource: no two are the same, and in no reading do they go up or down throughout (RFC 6120 section 7.6)',
    example: '- romeo binds 20 resources that cannot be foretold',
    prepare: ({ slots }) => enough(slots.count),
    play: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      return expectRandom(actor, 'resources', step.prepared, async () => {
        await reach(actor, 'authenticated', {}, stage);
        await bind(actor, undefined, stage);
        // Where an account may have few resources, this one makes way for the next.
        actor.connection.closeStream();
        return actor.fact('resource') ?? '';
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'has received only',
    takes: { enum: Object.keys(sessionRules) },
    summary:
      'Nothing that came since the case began, `given` included, breaks this rule. It proves no more than what the steps before have brought about',
    example: '- romeo has received only: results with at most one child',
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const expected = `${actor.name} to have received only ${step.value}`;
      return new FactExpectation(actor, expected, () => {
        const found = breach(step.value, actor.received, actor.account.domain);
        if (!found) return 'met';
        return {
          ...actor.finding('mismatch', expected, found.why),
          nearest: found.element.toXml('jabber:client'),
        };
      });
    },
  }),
];
