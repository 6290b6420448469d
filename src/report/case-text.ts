import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import type { Colours } from './colours.ts';
import { differenceLines, headText } from './failure-text.ts';
import { oneLine, printable } from './printable.ts';
import { commandFor, logIsPlaced, wireOf } from './wire-rows.ts';
import { counted, WireText } from './wire-text.ts';

const widest = 400;

/** Everything that the record knows of a case, line by line, safe for a terminal. */
export function caseText(one: CaseResult, record: RunRecord, colours: Colours): string[] {
  const { target } = record;
  const round = record.round === undefined ? '' : `, round ${record.round}`;
  return [
    ...headText(one, colours),
    colours.dim(`  on ${oneLine(productOf(target), widest)}, ${one.durationMs.toFixed(1)} ms${round}`),
    ...known(one),
    ...(one.observations ?? []).map((text) => `  noticed: ${oneLine(text, widest)}`),
    ...source(one, record, colours),
    ...difference(one, colours),
    ...wire(one, colours),
    ...serverLog(one, colours),
    '',
    colours.bold('Play it again'),
    `  ${printable(commandFor(record, one))}`,
  ];
}

/** A case of a run that ended before it was played. */
export function pendingText(id: string, colours: Colours): string[] {
  return [`${colours.yellow('PENDING')} ${colours.bold(oneLine(id, widest))}`, '  the run ended before it'];
}

function productOf({ title, product: { name, version } }: RunRecord['target']): string {
  return `${title} (${version === undefined ? name : `${name} ${version}`})`;
}

function known({ knownFailing }: CaseResult): string[] {
  if (!knownFailing) return [];
  const { reason, link, intermittent } = knownFailing;
  const when = intermittent ? ' at times' : '';
  return [
    `  known to fail${when}: ${oneLine(reason, 2_000)}${link === undefined ? '' : ` (${oneLine(link, widest)})`}`,
  ];
}

/** The case as its suite file had it when it was played, with what did not hold below its step. */
function source(one: CaseResult, { definitions = [] }: RunRecord, colours: Colours): string[] {
  const head = ['', `${colours.bold('The case')} ${colours.dim(`${oneLine(one.file, widest)}:${one.line}`)}`];
  const definition = definitions.find(({ file, line }) => file === one.file && line === one.line);
  const step = one.failure?.step;
  if (!definition) return step ? [...head, `  fails at: ${oneLine(step.sentence, widest)}`] : head;
  const lines = definition.text.trimEnd().split('\n');
  const width = String(definition.line + lines.length).length;
  return [
    ...head,
    ...lines.flatMap((text, index) => {
      const number = definition.line + index;
      const fails = step?.file === one.file && step.line === number;
      const gutter = `${fails ? '>' : ' '} ${String(number).padStart(width)} | `;
      const shown = printable(text.replaceAll('\t', ' '));
      if (!fails) return [colours.dim(gutter) + shown];
      const column = Math.min(Math.max(0, step.column - 1), text.length);
      const below = `${' '.repeat(width + 2)} | ${' '.repeat(column)}`;
      const message = oneLine(one.failure?.message ?? '', widest);
      return [colours.red(gutter) + colours.bold(shown), colours.dim(below) + colours.red(`^ ${message}`)];
    }),
  ];
}

function difference({ failure }: CaseResult, colours: Colours): string[] {
  if (!failure) return [];
  return [
    '',
    colours.bold('What came'),
    `  ${oneLine(failure.message, 2_000)}`,
    ...differenceLines(failure, colours),
  ];
}

function wire({ evidence, failure, verdict }: CaseResult, colours: Colours): string[] {
  const entries = evidence?.transcript.length ?? 0;
  if (!evidence || entries === 0) {
    const why =
      verdict === 'pass'
        ? '  not kept of a case that passes; `touchstone run --transcripts` keeps it'
        : '  nothing passed';
    return ['', colours.bold('The wire'), colours.dim(why)];
  }
  const { actors, setUp, rows } = wireOf(evidence, failure);
  const text = new WireText(colours);
  const lines = (some: typeof rows) => some.flatMap((row) => text.lines(row));
  return [
    '',
    `${colours.bold('The wire')} ${colours.dim(`${counted(actors.length, 'actor', 'actors')}, times in ms`)}`,
    ...(setUp.length > 0 ? [colours.dim('          set-up'), ...lines(setUp)] : []),
    ...lines(rows),
  ];
}

function serverLog({ evidence }: CaseResult, colours: Colours): string[] {
  const log = evidence?.serverLog ?? [];
  if (log.length === 0 || (evidence && logIsPlaced(evidence))) return [];
  return ['', colours.bold('What the server logged'), ...log.map((line) => `  ${oneLine(line, widest)}`)];
}
