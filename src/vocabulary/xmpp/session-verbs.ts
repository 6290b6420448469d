import { StepFailure } from '../expectation.ts';
import { FactExpectation } from '../facts.ts';
import { actorAs, StepMistake, verb } from '../vocabulary.ts';
import { XmppActor } from './actor.ts';
import { connect, openStream } from './session.ts';
import { breach, sessionRules } from './session-rules.ts';
import { foretold } from './stream-ids.ts';

/** Fewer ids than this can lie in some order by chance. */
const fewestIds = 12;

/** Verbs about much that came, in place of one thing that is to come. */
export const sessionVerbs = [
  verb({
    subject: 'actor',
    phrase: 'opens {count} streams with ids that cannot be foretold',
    summary:
      'Opens streams one after another, each on a connection of its own: no two have the same id, and in no reading do the ids go up or down throughout (RFC 6120 section 4.7.3)',
    example: '- romeo opens 20 streams with ids that cannot be foretold',
    prepare: ({ slots }) => {
      const count = Number(slots.count);
      if (Number.isInteger(count) && count >= fewestIds && count <= 100) return count;
      throw new StepMistake(`\`${slots.count}\` is no number from ${fewestIds} to 100`);
    },
    play: async (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const ids: string[] = [];
      for (let stream = 0; stream < step.prepared; stream++) {
        await connect(actor, stage);
        await openStream(actor, stage);
        ids.push(actor.connection.header?.get('id') ?? '');
      }
      const order = foretold(ids);
      if (order === undefined) return;
      const finding = actor.finding('mismatch', 'ids that cannot be foretold', order);
      throw new StepFailure({ ...finding, nearest: ids.join('\n') });
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
