import { useMemo } from 'preact/hooks';
import { type Item, outcomes, type Report } from './data.ts';
import { Mark, Path, plural, Scroller, Section, Text } from './parts.tsx';
import { linkTo, noFilter, type Route } from './route.ts';

const mostListed = 100;

/** Several records side by side: suites, and the cases in which they differ. */
export function Matrix({ report, route }: { report: Report; route: Route }) {
  const suites = useMemo(() => {
    const cells = new Map<string, Map<string, Item[]>>();
    for (const item of report.items) {
      const row = cells.get(item.one.suite) ?? new Map<string, Item[]>();
      cells.set(item.one.suite, row.set(item.run, [...(row.get(item.run) ?? []), item]));
    }
    return cells;
  }, [report]);
  const differing = useMemo(() => differences(report), [report]);
  return (
    <>
      <Section title="Targets side by side" extra={plural(suites.size, 'suite')}>
        <Scroller look="wide" name="Suites by target">
          <table class="matrix">
            <Head of="Suite" runs={report.runs} />
            <tbody>
              {[...suites].map(([suite, row]) => (
                <tr key={suite}>
                  <th scope="row">
                    <Path of={suite} />
                  </th>
                  {report.runs.map((run) => (
                    <td key={run}>
                      <Cell items={row.get(run) ?? []} suite={suite} run={run} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroller>
      </Section>
      {differing.length === 0 ? null : (
        <Section title="Where they differ" extra={plural(differing.length, 'case')}>
          <Scroller look="wide" name="Cases by target">
            <table class="matrix">
              <Head of="Case" runs={report.runs} />
              <tbody>
                {differing.slice(0, mostListed).map(([id, byRun]) => (
                  <tr key={id}>
                    <th scope="row">
                      <Path of={id} />
                    </th>
                    {report.runs.map((run) => {
                      const item = byRun.get(run);
                      return (
                        <td key={run}>
                          {item ? (
                            <a href={linkTo({ ...route, view: 'case', id, run })}>
                              <Mark of={item.outcome} />
                            </a>
                          ) : (
                            <Mark of="pending" />
                          )}
                        </td>
                      );
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroller>
          {differing.length > mostListed ? (
            <p class="extra">and {differing.length - mostListed} more</p>
          ) : null}
        </Section>
      )}
    </>
  );
}

/** A column for what the rows are, and one for each record. */
function Head({ of, runs }: { of: string; runs: readonly string[] }) {
  return (
    <thead>
      <tr>
        <th scope="col">{of}</th>
        {runs.map((run) => (
          <th scope="col" key={run}>
            <Text of={run} />
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Cell({ items, suite, run }: { items: readonly Item[]; suite: string; run: string }) {
  if (items.length === 0) return <Mark of="pending" />;
  const counts = outcomes
    .map((outcome) => [outcome, items.filter((item) => item.outcome === outcome).length] as const)
    .filter(([, count]) => count > 0);
  return (
    <a
      class="cell"
      href={linkTo({
        view: 'list',
        id: '',
        run: '',
        filter: { ...noFilter, runs: [run], text: `${suite}/` },
      })}
    >
      {counts.toReversed().map(([outcome, count]) => (
        <span key={outcome} class={`count is-${outcome}`}>
          {count}
          {outcome === 'pass' ? <span class="unseen"> pass</span> : <Mark of={outcome} />}
        </span>
      ))}
    </a>
  );
}

/** Cases that did not come to the same everywhere they could be played. */
function differences({ items }: Report): [string, Map<string, Item>][] {
  const byId = new Map<string, Map<string, Item>>();
  for (const item of items) {
    const row = byId.get(item.one.id) ?? new Map<string, Item>();
    byId.set(item.one.id, row.set(item.run, item));
  }
  return [...byId].filter(([, row]) => {
    const said = [...row.values()].filter(({ outcome }) => outcome !== 'unsupported');
    return new Set(said.map(({ outcome }) => outcome)).size > 1;
  });
}

/** Cases that did not come to the same in every round. */
export function Flakes({ report }: { report: Report }) {
  return (
    <Section title="Not the same in every round" extra={plural(report.flakes.length, 'case')}>
      <ul class="plain">
        {report.flakes.map(({ target, id, rounds, known }) => (
          <li key={target + id}>
            <a href={linkTo({ view: 'case', id, run: '', filter: noFilter })}>
              <Text of={id} />
            </a>{' '}
            <span class="extra">
              <Text of={target} />
            </span>
            {rounds.map(([verdict, those]) => (
              <span class="flake" key={verdict}>
                <Mark of={verdict} /> {those.length === 1 ? 'round' : 'rounds'} {those.join(', ')}
              </span>
            ))}
            {known === undefined ? null : (
              <p class="reason">
                known to fail at times: <Text of={known} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
