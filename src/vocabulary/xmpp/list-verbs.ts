import type { XmlElement } from '../../xmpp/element.ts';
import { actorAs, verb } from '../vocabulary.ts';
import { XmppActor } from './actor.ts';
import { eventFor } from './event-expectation.ts';
import { patternOf } from './receiving.ts';
import { compare } from './stanza-expectation.ts';

interface Rule {
  of: string;
  without?: 'text' | 'elements';
  one?: string;
  'for each'?: string[];
}

/** The entries of the list in a stanza: children of that name of the stanza's own child. */
function entriesOf(stanza: XmlElement, name: string): XmlElement[] {
  return stanza.elements.flatMap((child) => child.elements).filter((entry) => entry.name === name);
}

/** What is wrong with the entries; `undefined` where nothing is. */
function mistakeIn(entries: readonly XmlElement[], rule: Rule): string | undefined {
  if (rule.without === 'text' && entries.some((entry) => entry.text.trim() !== ''))
    return `there is text in a <${rule.of}/>`;
  if (rule.without === 'elements' && entries.some((entry) => entry.elements.length > 0))
    return `there are elements in a <${rule.of}/>`;
  return rule.one === undefined ? undefined : secondValue(entries, rule.one, rule['for each'] ?? []);
}

function secondValue(
  entries: readonly XmlElement[],
  one: string,
  each: readonly string[],
): string | undefined {
  const values = new Map<string, string>();
  for (const entry of entries) {
    const key = JSON.stringify(each.map((name) => entry.get(name) ?? null));
    const value = entry.get(one);
    const before = values.get(key);
    if (value === undefined) continue;
    if (before !== undefined && before !== value) return `there are the ${one}s '${before}' and '${value}'`;
    values.set(key, value);
  }
  return undefined;
}

export const listVerbs = [
  verb({
    subject: 'actor',
    phrase: 'receives a list',
    takes: {
      type: 'object',
      properties: {
        in: { type: 'string', pattern: '^\\s*<', description: 'The stanza whose child holds the list' },
        of: { type: 'string', description: 'The name of the entries that are looked at' },
        without: { enum: ['text', 'elements'], description: 'What no entry contains' },
        one: { type: 'string', description: 'An attribute that has no two values' },
        'for each': {
          type: 'array',
          items: { type: 'string' },
          description: 'Attributes: entries that agree in these are compared with each other alone',
        },
      },
      required: ['in', 'of'],
      additionalProperties: false,
      minProperties: 3,
    },
    summary:
      'A stanza like the pattern comes, and all entries of the list in it are as this says, however many there are',
    example: `- romeo receives a list:
    in: <iq type='result' id='{#d}'/>
    of: identity
    one: name
    for each: [category, type, xml:lang]`,
    prepare: ({ value }) => patternOf(value.in),
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const expected = `${actor.name} to receive ${step.prepared.describe()}, with a list as it should be`;
      return eventFor(actor, {
        expected,
        judge: (event) => {
          if (event.kind !== 'element') return 'other';
          const { element } = event;
          if (compare(step.prepared, element, stage.names).differences.length > 0) return 'other';
          const mistake = mistakeIn(entriesOf(element, step.value.of), step.value);
          if (mistake === undefined) return 'met';
          return { ...actor.finding('mismatch', expected, mistake), nearest: element.toXml('jabber:client') };
        },
      });
    },
  }),
];
