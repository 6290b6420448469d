import { useMemo } from 'preact/hooks';
import { scopeOf } from '../scope.ts';
import { type Item, outcomes, type Report } from './data.ts';
import { Flakes, Matrix } from './matrix.tsx';
import { duration, Mark, plural, Section, Text, WebLink, wordFor } from './parts.tsx';
import { linkTo, noFilter, type Route } from './route.ts';
import { SpecBars } from './spec-bars.tsx';

/** Beyond this, the list of cases is the place to look. */
const mostListed = 200;
const mostInGroup = 5;

interface ViewProps {
  report: Report;
  route: Route;
}

export function OverviewView({ report, route }: ViewProps) {
  const broken = useMemo(() => report.items.filter(isBroken), [report]);
  const warned = useMemo(
    () => report.items.filter((item) => item.outcome === 'warn' && !isBroken(item)),
    [report],
  );
  const known = useMemo(() => report.items.filter(({ outcome }) => outcome === 'known'), [report]);
  return (
    <div class="overview">
      {report.runs.length > 1 ? (
        <h1 class="unseen">{plural(report.runs.length, 'run')} side by side</h1>
      ) : null}
      <div class="targets">
        {report.records.map((_, index) => (
          <Target key={report.runs[index]} report={report} index={index} />
        ))}
      </div>
      {report.notPlayed.map(({ target, title, reason }) => (
        <p class="note is-error" key={target}>
          <b>
            <Text of={title} />
          </b>{' '}
          was not played: <Text of={reason} />
        </p>
      ))}
      <SpecBars report={report} />
      {report.runs.length > 1 ? <Matrix report={report} route={route} /> : null}
      {report.flakes.length > 0 ? <Flakes report={report} /> : null}
      <Cases title="Did not hold" items={broken} route={route} report={report} />
      <Cases title="Known to fail" items={known} route={route} report={report} />
      <Cases title="Warned of" items={warned} route={route} report={report} />
      <Pending report={report} />
      <Facts report={report} />
    </div>
  );
}

/** It fails the run, or did not pass at first. By `--strict` and `--fail-on` other verdicts fail it, too. */
function isBroken({ one, outcome }: Item): boolean {
  return one.fails === true || outcome === 'flaky';
}

function Target({ report, index }: { report: Report; index: number }) {
  const record = report.records[index];
  const run = report.runs[index] ?? '';
  if (!record) return null;
  const { target, round, selection, shard } = record;
  const Title = report.runs.length > 1 ? 'h2' : 'h1';
  const items = report.items.filter((item) => item.record === record);
  const counts = outcomes
    .map((outcome) => [outcome, items.filter((item) => item.outcome === outcome).length] as const)
    .filter(([, count]) => count > 0);
  return (
    <section class="target">
      <Title>
        <Text of={target.title} />
        {round === undefined ? null : <span class="extra">round {round}</span>}
      </Title>
      <p class="product">
        <Text of={[target.product.name, target.product.version ?? ''].join(' ').trim()} />
        {' · '}
        <time dateTime={record.started}>{record.started.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time>
        {' · '}
        {plural(record.cases.length, 'case')} in {duration(record.durationMs)}
        {selection ? ' · a selection of the suites' : ''}
        {shard ? ` · shard ${shard.number} of ${shard.of}` : ''}
      </p>
      <p class={`conclusion ${record.exitCode === 0 ? 'is-pass' : 'is-fail'}`}>{conclusion(record)}</p>
      <div
        class="stack"
        role="img"
        aria-label={counts.map(([outcome, count]) => `${count} ${wordFor(outcome)}`).join(', ')}
      >
        {counts.map(([outcome, count]) => (
          <span key={outcome} class={`is-${outcome}`} style={{ flexGrow: count }} />
        ))}
      </div>
      <ul class="counts">
        {counts.map(([outcome, count]) => (
          <li key={outcome}>
            <a
              href={linkTo({
                view: 'list',
                id: '',
                run: '',
                filter: { ...noFilter, outcomes: [outcome], runs: report.runs.length > 1 ? [run] : [] },
              })}
            >
              <Mark of={outcome} silent />
              <b>{count.toLocaleString('en')}</b> {wordFor(outcome)}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function conclusion(record: Report['records'][number]): string {
  const { exitCode, summary, interrupted } = record;
  if (interrupted) return 'The run ended before all cases were played';
  if (exitCode === 4) return 'Touchstone itself went wrong: no verdict on the server';
  if (exitCode !== 0) return 'Not conformant';
  const reserve =
    summary.knownFailing > 0 ? `, but for ${plural(summary.knownFailing, 'known failure')}` : '';
  return `Conformant${reserve}${scopeOf(record)}`;
}

interface CasesProps extends ViewProps {
  title: string;
  items: readonly Item[];
}

/** Cases with what is said of each; those that fail for one reason stand together. */
function Cases({ title, items, route, report }: CasesProps) {
  if (items.length === 0) return null;
  const groups = new Map<string, Item[]>();
  for (const item of items.slice(0, mostListed)) {
    const { one, outcome } = item;
    const listed = one.knownFailing?.reason ?? '';
    const reason =
      outcome === 'lucky'
        ? `Passes, though known-failing.yaml says: ${listed}`
        : outcome === 'known'
          ? listed
          : (one.reason ?? one.message ?? '');
    groups.set(reason, [...(groups.get(reason) ?? []), item]);
  }
  return (
    <Section title={title} extra={plural(items.length, 'case')}>
      <ul class="reasons">
        {[...groups].map(([reason, those]) => (
          <li key={reason}>
            <p class="reason">
              <Text of={reason} />
              {those[0]?.one.knownFailing?.link === undefined ? null : (
                <>
                  {' '}
                  <WebLink to={those[0].one.knownFailing.link} />
                </>
              )}
            </p>
            <CaseLinks items={those.slice(0, mostInGroup)} report={report} route={route} />
            {those.length > mostInGroup ? (
              <details>
                <summary>{those.length - mostInGroup} more</summary>
                <CaseLinks items={those.slice(mostInGroup)} report={report} route={route} />
              </details>
            ) : null}
          </li>
        ))}
      </ul>
      {items.length > mostListed ? (
        <p class="extra">and {items.length - mostListed} more, in the list of cases</p>
      ) : null}
    </Section>
  );
}

function CaseLinks({ items, report, route }: ViewProps & { items: readonly Item[] }) {
  const several = report.runs.length > 1;
  return (
    <ul class="reason-cases">
      {items.map((item) => (
        <li key={`${item.run}${item.one.id}`}>
          <Mark of={item.outcome} />
          <a href={linkTo({ ...route, view: 'case', id: item.one.id, run: several ? item.run : '' })}>
            <Text of={item.one.id} />
          </a>
          {several ? (
            <span class="extra">
              <Text of={item.run} />
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

/** Cases of a run that died, and what known-failing.yaml lists and is no case. */
function Pending({ report }: { report: Report }) {
  const lists = report.records.flatMap((record, index) => [
    { title: 'Not played: the run ended before', run: report.runs[index] ?? '', list: record.pending ?? [] },
    {
      title: 'known-failing.yaml names no case',
      run: report.runs[index] ?? '',
      list: record.staleKnownFailing ?? [],
    },
  ]);
  return (
    <>
      {lists
        .filter(({ list }) => list.length > 0)
        .map(({ title, run, list }) => (
          <Section
            key={title + run}
            title={title}
            extra={<Text of={report.runs.length > 1 ? `${run}: ${list.length}` : String(list.length)} />}
          >
            <ul class="plain">
              {list.slice(0, mostListed).map((id) => (
                <li key={id}>
                  <code>
                    <Text of={id} />
                  </code>
                </li>
              ))}
              {list.length > mostListed ? <li>and {list.length - mostListed} more</li> : null}
            </ul>
          </Section>
        ))}
    </>
  );
}

/** What else is known of each run. */
function Facts({ report }: { report: Report }) {
  return (
    <Section title="This run">
      {report.records.map((record, index) => (
        <dl class="facts" key={report.runs[index]}>
          {factsOf(record).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <Text of={value} />
              </dd>
            </div>
          ))}
        </dl>
      ))}
    </Section>
  );
}

function factsOf({
  target,
  suites,
  touchstone,
  environment,
  selection,
  shuffle,
}: Report['records'][number]): [string, string][] {
  const { image, kind, domain, endpoints = {}, capabilities } = target;
  const facts: [string, string | undefined][] = [
    ['Target', kind === undefined ? target.name : `${target.name} (${kind})`],
    ['Image', image && `${image.name}\n${image.id}`],
    ['Domain', domain],
    [
      'Endpoints',
      Object.entries(endpoints)
        .map((one) => one.join(' '))
        .join('\n'),
    ],
    ['Findings', capabilities.findings.join('\n')],
    ['Claims', capabilities.claimed.join(', ')],
    ['Offers besides', capabilities.offered.filter((one) => !capabilities.claimed.includes(one)).join(', ')],
    ['Suites', suites.digest],
    [
      'Chosen by',
      selection &&
        Object.entries(selection)
          .map(([name, list]) => `${name}: ${list.join(', ')}`)
          .join('\n'),
    ],
    ['Shuffled by', shuffle],
    ['Touchstone', touchstone.version],
    [
      'Played on',
      `Node ${environment.node}, ${environment.platform} ${environment.architecture ?? ''}, ${environment.jobs ?? '?'} cases at a time`,
    ],
  ];
  return facts.filter((one): one is [string, string] => one[1] !== undefined && one[1] !== '');
}
