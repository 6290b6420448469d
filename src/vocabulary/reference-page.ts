import { controls } from './core/core.ts';
import { vocabularies } from './vocabularies.ts';
import type { Verb, Vocabulary } from './vocabulary.ts';

/** The verb reference (suites/VERBS.md) as Markdown, made from what the vocabularies register. */
export function referencePage(): string {
  const parts = [
    '# The verbs of a suite',
    '',
    'Made from the vocabularies by `npm run generate`; a test fails when it is stale.',
    '',
    'A step is a sentence: `subject verb` or `subject verb: what`. The subject is an actor of the case, `server` or',
    '`network`. A verb that waits takes `within: 2s` beside the sentence. Names in braces are placeholders:',
    '',
    '| written | stands for |',
    '| --- | --- |',
    '| `{romeo.bare}` | a fact about an actor |',
    '| `{domain}`, `{rooms}`, `{pubsub}`, `{uploads}` | the XMPP domain, and the services that a target names |',
    '| `{#m}` | an id made for this case, the same throughout it |',
    '| `{name=*}`, `{name=/x/}` | any text, or text that matches, kept as `name` |',
    '| `{name}`, `{!name}` | what was kept, or a counter; any text but that |',
    '| `{*}`, `{/x/}`, `{a\\|b}` | any text, text that matches, one of these words |',
    '| `{-}`, `{-\\|a}` | nothing: no such attribute or child; or also this word |',
    '| `{=}`, `{+}` | first in an element: of it and in it no attribute and no child but what is written, in this order; more may be there again |',
    '| `{{`, `}}` | a brace itself |',
  ];
  for (const vocabulary of vocabularies) parts.push('', ...section(vocabulary));
  return `${parts.join('\n')}\n`;
}

function section(vocabulary: Vocabulary): string[] {
  const lines = [`## ${vocabulary.name}`, '', `${vocabulary.summary}.`];
  if (vocabulary.actors) lines.push('', ...given(vocabulary));
  if (vocabulary.name === 'core') for (const control of controls) lines.push('', ...entry(control));
  const waiting = vocabulary.verbs.filter((verb) => verb.expect);
  const acting = vocabulary.verbs.filter((verb) => verb.play);
  if (acting.length > 0) lines.push('', '### Verbs that act');
  for (const verb of acting) lines.push('', ...entry(verb));
  if (waiting.length > 0) lines.push('', '### Verbs that wait');
  for (const verb of waiting) lines.push('', ...entry(verb));
  return lines;
}

function given(vocabulary: Vocabulary): string[] {
  const { states = [], options = {}, facts = [] } = vocabulary.actors ?? {};
  return [
    '`given` brings an actor into a state:',
    '',
    ...states.map((state) => `- \`${state.name}\`: ${state.summary}`),
    '',
    'or, as a map, with options beside `state`:',
    '',
    ...Object.entries(options).map(([name, schema]) => `- \`${name}\`: ${descriptionOf(schema)}`),
    '',
    `Facts: ${facts.map((fact) => `\`{actor.${fact.name}}\` ${fact.summary}`).join(', ')}.`,
  ];
}

function descriptionOf(schema: unknown): string {
  const described = schema as { description?: string };
  return described.description ?? '';
}

function entry(one: Pick<Verb, 'phrase' | 'summary' | 'example'>): string[] {
  return [`#### ${one.phrase}`, '', `${one.summary}.`, '', '```yaml', one.example, '```'];
}

/** One line per verb, for the terminal. */
export function verbList(): string {
  const lines: string[] = [];
  for (const vocabulary of vocabularies) {
    const entries =
      vocabulary.name === 'core'
        ? controls.map((control) => [control.phrase, control.summary])
        : vocabulary.verbs.map((verb) => [
            `${verb.subject === 'actor' ? '' : `${verb.subject} `}${verb.phrase}`,
            verb.summary,
          ]);
    lines.push(vocabulary.name);
    for (const [phrase = '', summary] of entries) lines.push(`  ${phrase}`, `      ${summary}`);
    lines.push('');
  }
  return lines.join('\n');
}
