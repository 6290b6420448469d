import { isMap, isSeq, parseDocument } from 'yaml';
import type { Catalogue } from './catalogue.ts';

const schemaBase = '# yaml-language-server: $schema=https://unpkg.com/touchstone/src/suite/';

/** What a new case is to be called, as `suite` and its own id. */
export interface NewCase {
  suite: string;
  id: string;
}

/** The actors and steps of a first case, by what they speak. */
const bodies: Readonly<Record<string, readonly string[]>> = {
  xmpp: [
    'given:',
    '  romeo: online',
    '  juliet: online',
    'steps:',
    "  - romeo sends: <message to='{juliet.full}' type='chat' id='{#m}'><body>Wherefore</body></message>",
    "  - juliet receives: <message from='{romeo.full}' type='chat' id='{#m}'><body>Wherefore</body></message>",
  ],
  websocket: [
    'given:',
    '  client: open',
    'steps:',
    '  - client sends text: Wherefore',
    '  - client receives text: Wherefore',
  ],
  messaging: [
    'given:',
    '  alice: signed in',
    '  bob: signed in',
    'steps:',
    '  - alice sends bob: Wherefore',
    '  - bob receives from alice: Wherefore',
  ],
};

export const vocabulariesOfSkeletons: readonly string[] = Object.keys(bodies);

/** The words that a suite of that name most likely uses. */
export function usualVocabulary(suite: string): string {
  const [folder = ''] = suite.split('/');
  if (folder === 'messaging') return 'messaging';
  return ['rfc6455', 'rfc7692', 'rfc8441', 'wss'].includes(folder) || folder.includes('websocket')
    ? 'websocket'
    : 'xmpp';
}

/**
 * The text of a suite file with a case more at its end; what stands there stays as it is. Undefined where the cases
 * are not what the file ends with, so that nothing can be put behind them.
 */
export function withCase(text: string, { id }: NewCase): string | undefined {
  const document = parseDocument(text);
  const { contents } = document;
  const cases = isMap(contents) ? contents.get('cases') : undefined;
  if (!isMap(contents) || !isSeq(cases) || cases.flow) return undefined;
  const [last] = cases.items.slice(-1);
  const covers: unknown = isMap(last) ? last.toJSON().covers : undefined;
  const uses = String(contents.get('uses'));
  const indent = /^( *)- +\S/m.exec(text.slice(text.search(/^cases:/m)))?.[1] ?? '  ';
  const requirements = Array.isArray(covers) ? covers.map(String) : [];
  const more = `${text.trimEnd()}\n\n${caseText(id, uses, requirements, indent)}`;
  const after = parseDocument(more);
  const all: unknown = after.errors.length === 0 ? after.toJS() : undefined;
  const { cases: ids = [] } = Object(all) as { cases?: { id?: unknown }[] };
  return ids.length === cases.items.length + 1 && ids.at(-1)?.id === id ? more : undefined;
}

/** The text of a suite file that holds one case. */
export function suiteWith(
  { suite, id }: NewCase,
  uses: string,
  catalogue: Pick<Catalogue, 'specification'> & { covers: string },
): string {
  return `${schemaBase}suite.schema.json
suite: ${suite}
title: ${JSON.stringify(`What ${suite} is about`)}
spec: ${JSON.stringify(catalogue.specification)}
uses: ${uses}
${uses === 'websocket' ? 'needs: [websocket-echo]\n' : ''}
cases:
${caseText(id, uses, [catalogue.covers], '  ')}`;
}

/** The text of a catalogue for suites of a folder that has none. */
export function catalogueFor(folder: string): string {
  return `${schemaBase}requirements.schema.json
specification: ${JSON.stringify(folder)}
title: ${JSON.stringify(`What ${folder} promises`)}
requirements:
  - id: 1-first
    section: '1'
    level: MUST
    summary: What the server has to do, in a sentence
`;
}

/** The first requirement of a catalogue that cases can cover. */
export function firstOf(catalogue: Catalogue): { specification: string; covers: string } | undefined {
  const first = catalogue.requirements.find(({ untestable }) => untestable === undefined);
  return first && { specification: catalogue.specification, covers: first.id };
}

function caseText(id: string, uses: string, covers: readonly string[], indent: string): string {
  const lines = [
    `- id: ${id}`,
    '  title: What the server does, as a sentence',
    `  covers: [${covers.map((one) => JSON.stringify(one)).join(', ')}] # what it demands, as \`touchstone coverage\` names it`,
    ...(bodies[uses] ?? bodies.xmpp ?? []).map((line) => `  ${line}`),
  ];
  return lines.map((line) => `${indent}${line}\n`).join('');
}
