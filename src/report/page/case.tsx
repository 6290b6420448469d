import { useEffect, useState } from 'preact/hooks';
import type { Failure } from '../../record/record.schema.ts';
import { printable } from '../printable.ts';
import { commandFor, logIsPlaced } from '../wire-rows.ts';
import { type Item, type OpenCase, type Report, readCase } from './data.ts';
import { Diff } from './diff.tsx';
import {
  Command,
  duration,
  Level,
  Mark,
  plural,
  Scroller,
  Section,
  Text,
  Verdict,
  WebLink,
} from './parts.tsx';
import { linkTo, type Route } from './route.ts';
import { Source } from './source.tsx';
import { WireView } from './wire.tsx';

interface CaseProps {
  report: Report;
  item: Item;
  shown: readonly Item[];
  route: Route;
}

export function CaseView({ report, item, shown, route }: CaseProps) {
  const { one, record, outcome } = item;
  const [detail, setDetail] = useState<OpenCase | Error | undefined>(undefined);
  useEffect(() => {
    let stays = true;
    readCase(one).then(
      (read) => stays && setDetail(read),
      (error: unknown) => stays && setDetail(error instanceof Error ? error : new Error(String(error))),
    );
    return () => {
      stays = false;
    };
  }, [one]);
  return (
    <article class="case">
      <Walk item={item} shown={shown} route={route} report={report} />
      <header class="case-head">
        <h1>
          <Text of={one.title} />
        </h1>
        <p class="case-facts">
          <Verdict of={outcome} />
          <code class="case-id">
            <Text of={one.id} />
          </code>
          <span>
            <Text of={record.target.title} />
            {record.round === undefined ? '' : `, round ${record.round}`}
          </span>
          <span>{duration(one.durationMs)}</span>
        </p>
      </header>
      <Others report={report} item={item} route={route} />
      <Said item={item} />
      <ul class="requirements">
        {item.covers.map(({ id, specification, section, level, summary }) => (
          <li key={id}>
            <Level of={level} />
            <p>
              <Text of={summary} />
              <span class="extra">
                <Text of={`${specification} §${section}`} />
                {' · '}
                <code>
                  <Text of={id} />
                </code>
              </span>
            </p>
          </li>
        ))}
      </ul>
      {detail instanceof Error ? <p class="note is-error">{detail.message}</p> : null}
      {detail === undefined || detail instanceof Error ? null : <Detail item={item} detail={detail} />}
      <Section title="Play it again">
        <Command text={commandFor(record, one)} />
      </Section>
    </article>
  );
}

function Detail({ item, detail }: { item: Item; detail: OpenCase }) {
  const { failure, evidence, observations = [], source } = detail;
  return (
    <>
      {failure ? <FailureView failure={failure} told={item.one.reason} /> : null}
      {observations.length > 0 ? (
        <Section title="Noticed">
          <ul class="plain">
            {observations.map((text) => (
              <li key={text}>
                <Text of={text} />
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      <Section
        title="The case"
        extra={
          <code>
            <Text of={`${item.one.file}:${item.one.line}`} />
          </code>
        }
      >
        {source ? (
          <Source source={source} step={failure?.step} file={item.one.file} message={failure?.message} />
        ) : (
          <p class="empty">The record does not hold its text.</p>
        )}
      </Section>
      {evidence && evidence.transcript.length > 0 ? (
        <WireView evidence={evidence} failure={failure} />
      ) : (
        <Section title="The wire">
          <p class="empty">
            {item.outcome === 'pass'
              ? 'Not kept for a case that passed: run with --transcripts to see it.'
              : 'Nothing passed.'}
          </p>
        </Section>
      )}
      {evidence?.serverLog && evidence.serverLog.length > 0 && !logIsPlaced(evidence) ? (
        <Section title="The server’s log" extra={plural(evidence.serverLog.length, 'line')}>
          <Scroller look="log" name="What the server logged">
            <Text of={evidence.serverLog.join('\n')} />
          </Scroller>
        </Section>
      ) : null}
    </>
  );
}

/** Why it did not hold, and what was expected beside what came. */
function FailureView({ failure, told }: { failure: Failure; told: string | undefined }) {
  const { message, differences = [], localPort, tolerated, step } = failure;
  return (
    <Section title={tolerated === undefined ? 'What went wrong' : 'What is tolerated'}>
      {told?.includes(message) ? null : (
        <p class="message">
          <Text of={tolerated ?? message} />
        </p>
      )}
      {/* What is tolerated came as one of the outcomes that the case lists: there is nothing to compare. */}
      {tolerated === undefined ? <Compared failure={failure} /> : null}
      {differences.length > 0 ? <Differences of={differences} /> : null}
      <p class="extra">
        {step ? (
          <code>
            <Text of={`${step.file}:${step.line}:${step.column}`} />
          </code>
        ) : null}
        {step && localPort !== undefined ? ' · ' : ''}
        {localPort === undefined ? null : `local port ${localPort}`}
      </p>
    </Section>
  );
}

/** What was expected, beside the nearest thing that came where something did. */
function Compared({ failure: { expected, nearest } }: { failure: Failure }) {
  if (nearest !== undefined) return <Diff expected={expected} nearest={nearest} />;
  return (
    <div class="expected">
      <p class="extra">Expected</p>
      <pre>
        <Text of={expected} />
      </pre>
    </div>
  );
}

function Differences({ of: differences }: { of: NonNullable<Failure['differences']> }) {
  return (
    <table class="differences">
      <thead>
        <tr>
          <th scope="col">Where</th>
          <th scope="col">Expected</th>
          <th scope="col">Came</th>
        </tr>
      </thead>
      <tbody>
        {differences.map(({ path, expected, actual }, index) => (
          <tr key={index}>
            <th scope="row">
              <Text of={path} />
            </th>
            <td>
              <Text of={expected} />
            </td>
            <td>{actual === undefined ? <i>nothing</i> : <Text of={actual} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What is known of it besides: why it is unsupported, or listed as failing. */
function Said({ item: { one, outcome } }: { item: Item }) {
  const { knownFailing, reason } = one;
  return (
    <>
      {reason === undefined ? null : (
        <p class={`note is-${outcome}`}>
          <Text of={reason} />
        </p>
      )}
      {knownFailing ? (
        <p class={`note is-${outcome === 'lucky' ? 'fail' : 'known'}`}>
          <b>
            {outcome === 'lucky'
              ? 'Listed as failing, and passes. '
              : knownFailing.intermittent
                ? 'Known to fail at times. '
                : 'Known to fail. '}
          </b>
          <Text of={knownFailing.reason} />
          {knownFailing.link === undefined ? null : (
            <>
              {' '}
              <WebLink to={knownFailing.link} />
            </>
          )}
        </p>
      ) : null}
    </>
  );
}

/** The same case in the other records. */
function Others({ report, item, route }: { report: Report; item: Item; route: Route }) {
  if (report.runs.length < 2) return null;
  const others = report.items.filter(({ one }) => one.id === item.one.id);
  return (
    <ul class="others" aria-label="The same case elsewhere">
      {others.map(({ run, outcome, one }) => (
        <li key={run}>
          <a
            href={linkTo({ ...route, view: 'case', id: one.id, run })}
            aria-current={run === item.run ? 'true' : undefined}
          >
            <Mark of={outcome} /> <Text of={run} />
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Links to the cases before and behind, among those that the filter leaves. */
function Walk({ item, shown, route, report }: CaseProps) {
  const at = shown.indexOf(item);
  const link = (to: Item | undefined, text: string) =>
    to ? (
      <a
        class="button"
        href={linkTo({ ...route, view: 'case', id: to.one.id, run: report.runs.length > 1 ? to.run : '' })}
        title={printable(to.one.id)}
      >
        {text}
      </a>
    ) : null;
  return (
    <nav class="walk" aria-label="Neighbours">
      <a class="button back" href={linkTo({ ...route, view: 'list', id: '', run: '' })}>
        ← Cases
      </a>
      <span class="room" />
      {at >= 0 ? (
        <span class="extra">
          {at + 1} of {shown.length}
        </span>
      ) : null}
      {link(at > 0 ? shown[at - 1] : undefined, 'Before')}
      {link(at >= 0 ? shown[at + 1] : undefined, 'Next')}
    </nav>
  );
}
