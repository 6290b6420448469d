import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { flakesOf } from '../record/flakes.ts';
import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { exitCodeFor, failsRun, type Strictness } from '../record/summary.ts';
import { blockIds, type CaseDetail, type DetailBlock, type Overview, type PageCase } from './html-data.ts';
import type { Report } from './reports.ts';

const compress = promisify(gzip);

/** Cases, and characters of them, whose details share a block: little enough to be read at once, enough to compress well. */
const casesPerBlock = 40;
const charactersPerBlock = 1_000_000;

/** Where the page's own code and style are built to. */
const template = new URL('../../dist/report/page.html', import.meta.url);

/** The places in it that data goes to. */
const places = { overview: '<!--overview-->', details: '<!--details-->' } as const;

export const html: Report = {
  name: 'html',
  help: 'A page for people: verdicts by specification, and the wire of each case as a diagram',
  file: 'report.html',
  usual: true,
  text: (set, { strictness, version }) => htmlPage(set, strictness, version),
};

/** The whole page, in one file. What a server sent is in it only as compressed data, never as markup. */
export async function htmlPage(set: RecordSet, strictness: Strictness, version: string): Promise<string> {
  const { overview, blocks } = pageData(set, strictness, version);
  const [head, details] = await Promise.all([
    dataElement(blockIds.overview, overview),
    Promise.all(blocks.map((block, index) => dataElement(blockIds.detail(index), block))),
  ]);
  return readFileSync(template, 'utf8')
    .replace(places.overview, () => head)
    .replace(places.details, () => details.join('\n'));
}

async function dataElement(id: string, data: Overview | DetailBlock): Promise<string> {
  const compressed = await compress(JSON.stringify(data), { level: 9 });
  return `<script type="text/plain" id="${id}">${compressed.toString('base64')}</script>`;
}

function pageData(
  set: RecordSet,
  strictness: Strictness,
  version: string,
): { overview: Overview; blocks: DetailBlock[] } {
  const requirements = new Map<string, { at: number; requirement: CaseResult['covers'][number] }>();
  const blocks = new Blocks();
  const place = (requirement: CaseResult['covers'][number]) => {
    const key = JSON.stringify(requirement);
    const known = requirements.get(key) ?? { at: requirements.size, requirement };
    requirements.set(key, known);
    return known.at;
  };
  const records = set.records.map(({ cases, definitions = [], ...record }) => {
    const texts = new Map(definitions.map((one) => [keyOf(one), one]));
    const pageCases = cases.map((one) => ({
      ...listed(one, strictness),
      covers: one.covers.map(place),
      ...blocks.add(one, texts.get(keyOf(one))),
    }));
    blocks.end();
    return { ...record, cases: pageCases, exitCode: exitCodeFor({ ...record, cases }, strictness) };
  });
  const overview = {
    version,
    requirements: [...requirements.values()].map(({ requirement }) => requirement),
    records,
    notPlayed: set.notPlayed,
    flakes: flakesOf(set.records),
  };
  return { overview, blocks: blocks.all };
}

function listed(
  { covers: _covers, failure, evidence: _evidence, observations: _observations, ...one }: CaseResult,
  strictness: Strictness,
): Omit<PageCase, 'covers' | 'block' | 'at'> {
  return {
    ...one,
    ...(failure ? { message: failure.message } : {}),
    ...(failsRun({ ...one, covers: [] }, strictness) ? { fails: true as const } : {}),
  };
}

type Definition = NonNullable<RunRecord['definitions']>[number];

function keyOf({ file, line }: { file: string; line: number }): string {
  return `${line} ${file}`;
}

/** Fills one block after another. */
class Blocks {
  readonly all: DetailBlock[] = [];
  #characters = 0;
  #definitions = new Map<string, number>();
  #open: DetailBlock | undefined;

  add(
    { failure, observations, evidence, ...one }: CaseResult,
    definition: Definition | undefined,
  ): { block: number; at: number } {
    const block = this.#blockWithRoom();
    const detail: CaseDetail = {
      ...(failure ? { failure } : {}),
      ...(observations ? { observations } : {}),
      ...(evidence ? { evidence } : {}),
      ...(definition ? { definition: this.#define(block, keyOf(one), definition) } : {}),
    };
    block.details.push(detail);
    this.#characters += JSON.stringify(detail).length;
    return { block: this.all.length - 1, at: block.details.length - 1 };
  }

  end(): void {
    this.#open = undefined;
  }

  #blockWithRoom(): DetailBlock {
    const open = this.#open;
    if (open && open.details.length < casesPerBlock && this.#characters < charactersPerBlock) return open;
    const block: DetailBlock = { definitions: [], details: [] };
    this.all.push(block);
    this.#open = block;
    this.#characters = 0;
    this.#definitions = new Map();
    return block;
  }

  #define(block: DetailBlock, key: string, { line, text }: Definition): number {
    const at = this.#definitions.get(key) ?? block.definitions.push({ line, text }) - 1;
    this.#definitions.set(key, at);
    return at;
  }
}
