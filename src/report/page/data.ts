import {
  blockIds,
  type CaseDetail,
  type DetailBlock,
  type Overview,
  type PageCase,
  type PageRecord,
  type Requirement,
} from '../html-data.ts';

export type { PageRecord } from '../html-data.ts';

/** A case with what belongs to it, ready to be listed, filtered and shown. */
export interface Item {
  one: PageCase;
  record: PageRecord;
  /** How its record is named in links and labels. */
  run: string;
  covers: Requirement[];
  /** What is shown of its verdict. */
  outcome: Outcome;
  /** All of it that the text filter looks at, in lower case. */
  haystack: string;
}

/** A verdict, or what known-failing.yaml makes of it. */
export type Outcome = PageCase['verdict'] | 'known' | 'lucky' | 'pending';

/** Outcomes in the order in which they are listed. */
export const outcomes: readonly Outcome[] = [
  'fail',
  'error',
  'inconclusive',
  'lucky',
  'flaky',
  'known',
  'warn',
  'unsupported',
  'pass',
  'pending',
];

export interface Report extends Overview {
  items: Item[];
  /** Names of the records, in their order. */
  runs: string[];
}

export interface OpenCase extends CaseDetail {
  source: { line: number; text: string } | undefined;
}

/** Reads what the page begins with. */
export async function readReport(): Promise<Report> {
  const overview = await readBlock<Overview>(blockIds.overview);
  const several = new Set(overview.records.map(({ target }) => target.name)).size < overview.records.length;
  const runs = overview.records.map(({ target, round }, index) =>
    (several ? `${target.name} #${round ?? index + 1}` : target.name).toWellFormed(),
  );
  const items = overview.records.flatMap((record, index) =>
    record.cases.map((one) => itemOf(one, record, runs[index] ?? '', overview.requirements)),
  );
  return { ...overview, runs, items };
}

function itemOf(one: PageCase, record: PageRecord, run: string, requirements: readonly Requirement[]): Item {
  const covers = one.covers.flatMap((place) => requirements[place] ?? []);
  const texts = [
    one.id,
    one.title,
    one.message,
    one.reason,
    one.knownFailing?.reason,
    ...covers.map(({ id }) => id),
  ];
  return { one, record, run, covers, outcome: outcomeOf(one), haystack: texts.join('\n').toLowerCase() };
}

function outcomeOf({ verdict, unexpectedPass, knownFailing }: PageCase): Outcome {
  if (unexpectedPass) return 'lucky';
  return knownFailing && (verdict === 'fail' || verdict === 'warn') ? 'known' : verdict;
}

const blocks = new Map<number, Promise<DetailBlock>>();

/** Reads what passed in one case. */
export async function readCase({ block, at }: PageCase): Promise<OpenCase> {
  const reading = blocks.get(block) ?? readBlock<DetailBlock>(blockIds.detail(block));
  blocks.set(block, reading);
  const { definitions, details } = await reading;
  const detail = details[at] ?? {};
  return { ...detail, source: detail.definition === undefined ? undefined : definitions[detail.definition] };
}

async function readBlock<Data>(id: string): Promise<Data> {
  // What stands behind the page's code may still be on its way.
  if (!document.getElementById(id) && document.readyState === 'loading')
    await new Promise((resolve) => addEventListener('DOMContentLoaded', resolve, { once: true }));
  const element = document.getElementById(id);
  if (!element) throw new Error(`the report lacks the part ${id}: the file is not whole`);
  const octets = Uint8Array.from(atob(element.textContent ?? ''), (character) => character.charCodeAt(0));
  const text = new Blob([octets]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(text).json()) as Data;
}
