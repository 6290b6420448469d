import { join } from 'node:path';
import { writeWhole } from '../record/record-file.ts';
import type { RecordSet } from '../record/record-set.ts';
import { badge } from './badge.ts';
import { ctrf } from './ctrf.ts';
import { html } from './html.ts';
import { junitXml, junitXmlOfSet } from './junit.ts';
import type { Reporter, ReporterContext } from './reporter.ts';
import { summaryMarkdown } from './summary-markdown.ts';
import { tap } from './tap.ts';

/** A file that shows what a run, or several, came to. */
export interface Report {
  /** What `--reporter` calls it. */
  name: string;
  help: string;
  /** The file's name in the folder of the reports. */
  file: string;
  /** It is written where nobody names reporters. */
  usual?: true;
  text(set: RecordSet, context: ReporterContext): string | Promise<string>;
}

const junit: Report = {
  name: 'junit',
  help: 'JUnit XML: what CI servers read',
  file: 'junit.xml',
  usual: true,
  text: (set, { strictness }) => {
    const record = onlyRecord(set);
    return record ? junitXml(record, strictness) : junitXmlOfSet(set, strictness);
  },
};

const summary: Report = {
  name: 'summary',
  help: 'Markdown for a pull request',
  file: 'summary.md',
  usual: true,
  text: (set, { strictness }) => summaryMarkdown(set, strictness),
};

const testAnythingProtocol: Report = {
  name: 'tap',
  help: 'Test Anything Protocol, version 14',
  file: 'report.tap',
  text: (set, { strictness }) => tap(set, strictness),
};

const commonTestReport: Report = {
  name: 'ctrf',
  help: 'Common Test Report Format, JSON',
  file: 'ctrf.json',
  text: (set, { strictness, version }) => ctrf(set, strictness, version),
};

const svgBadge: Report = {
  name: 'badge',
  help: 'SVG badge with the number of cases that passed',
  file: 'badge.svg',
  text: (set, { strictness }) => badge(set, strictness),
};

/** Every report that comes along, in the order in which help shows them. */
export const reports: readonly Report[] = [
  junit,
  html,
  summary,
  testAnythingProtocol,
  commonTestReport,
  svgBadge,
];

/** The record where there is one, of one target: then nothing in a report has to say whose it is. */
export function onlyRecord({ records, notPlayed }: RecordSet): RecordSet['records'][number] | undefined {
  const [record, ...others] = records;
  return others.length === 0 && notPlayed.length === 0 && record?.round === undefined ? record : undefined;
}

/** A reporter that writes the report when everything is over. Its `onEnd` throws `UnwritableFileError`. */
export function reporterOf(report: Report, context: ReporterContext): Reporter {
  const file = join(context.out, report.file);
  context.writes(file);
  return { onEnd: async (set) => writeWhole(file, await report.text(set, context)) };
}
