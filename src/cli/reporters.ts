import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Strictness } from '../record/summary.ts';
import { githubReporter } from '../report/github.ts';
import { recordReporter } from '../report/record-reporter.ts';
import type { MakeReporter, Reporter, ReporterContext } from '../report/reporter.ts';
import { reporterOf, reports } from '../report/reports.ts';
import { version } from '../run/version.ts';
import { nearest } from '../target/mistake.ts';
import { type Option, UsageError, type Words } from './command.ts';
import { guarded } from './own-reporter.ts';

/** Annotations and the step's summary: what `github` means among reporters. */
const github = 'github';
export const reporterNames: readonly string[] = [...reports.map(({ name }) => name), github, 'none'];
const names = reporterNames.filter((name) => name !== 'none');
const usual = reports.filter((report) => report.usual).map(({ name }) => name);

/** Which reports are written. */
export const reporterOption = {
  type: 'string',
  multiple: true,
  value: 'REPORTER',
  help: `Reports beside record.json: ${names.join(', ')}, none, or the path of a module of yours; default: ${usual.join(', ')}, and in a step of GitHub Actions github`,
} as const satisfies Option;

/** Where the record and the reports go. */
export const outOption = {
  type: 'string',
  short: 'o',
  value: 'DIR',
  help: 'Where the record and the reports go; default: touchstone-report',
} as const satisfies Option;

/** What reporters of this process are made with; `written` fills with the files that they will have written. */
export function contextOf(out: string, strictness: Strictness, written: string[]): ReporterContext {
  const writes = (file: string) => {
    written.push(file);
  };
  return { out, strictness, version: version(), environment: process.env, writes };
}

/** The reporters that the words name. Throws `UsageError` for what is no reporter. */
export async function reportersFor(words: Words, context: ReporterContext): Promise<Reporter[]> {
  const named = words.list('reporter');
  const isOnGitHub = context.environment.GITHUB_ACTIONS === 'true';
  const byDefault = isOnGitHub ? [...usual, github] : usual;
  const chosen = named.length > 0 ? named.filter((name) => name !== 'none') : byDefault;
  const makers = await Promise.all([...new Set(chosen)].map((name) => makerOf(name)));
  return makers.map((make) => make(context));
}

/** Those, and before them what writes the record itself. Throws `UsageError`. */
export async function reportersOfRun(words: Words, context: ReporterContext): Promise<Reporter[]> {
  return [recordReporter(context), ...(await reportersFor(words, context))];
}

async function makerOf(name: string): Promise<MakeReporter> {
  if (name === github) return (context) => githubReporter(context, (text) => process.stdout.write(text));
  const report = reports.find((one) => one.name === name);
  if (report) return (context) => reporterOf(report, context);
  const file = resolve(name);
  if (!existsSync(file)) {
    const meant = nearest(name, names);
    const hint =
      meant === undefined
        ? `there is ${names.join(', ')}, or the path of a module`
        : `did you mean \`${meant}\`?`;
    throw new UsageError(`there is no reporter \`${name}\`; ${hint}`);
  }
  const module = await import(pathToFileURL(file).href).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`the reporter ${name} cannot be loaded: ${why}`);
  });
  const make: unknown = Object(module).default;
  if (typeof make === 'function') return (context) => guarded(name, () => make(context));
  throw new UsageError(
    `the reporter ${name} exports no function as its default: it takes the context, and returns the reporter`,
  );
}
