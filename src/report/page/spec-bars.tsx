import { useMemo } from 'preact/hooks';
import type { Report } from './data.ts';
import { Section, Text } from './parts.tsx';
import { linkTo, noFilter } from './route.ts';
import { type SpecRow, specRows } from './specs.ts';

const segments = [
  { name: 'held', word: 'held' },
  { name: 'broken', word: 'broken' },
  { name: 'known', word: 'known' },
  { name: 'warned', word: 'warned' },
  { name: 'notShown', word: 'not shown' },
  { name: 'notCovered', word: 'not covered' },
] as const;

/** For each specification how many of its requirements were held, broken, and not looked at. */
export function SpecBars({ report }: { report: Report }) {
  const several = report.runs.length > 1;
  const tables = useMemo(
    () =>
      report.records.map((record, index) => ({
        run: report.runs[index] ?? '',
        rows: specRows(
          record,
          report.items.filter((item) => item.record === record),
        ),
      })),
    [report],
  );
  const specifications = [
    ...new Set(tables.flatMap(({ rows }) => rows.map(({ specification }) => specification))),
  ];
  if (specifications.length === 0) return null;
  const used = segments.filter(({ name }) => tables.some(({ rows }) => rows.some((row) => row[name] > 0)));
  return (
    <Section title="Requirements by specification">
      <table class="specs">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">Specification</span>
            </th>
            {several ? (
              <th scope="col">
                <span class="unseen">Target</span>
              </th>
            ) : null}
            <td />
            {used.map(({ name, word }) => (
              <th scope="col" class="spec-count" key={name}>
                <span class={`swatch seg-${name}`} aria-hidden="true" /> {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {specifications.flatMap((specification) =>
            tables.map(({ run, rows }, index) => {
              const row = rows.find((one) => one.specification === specification);
              return row ? (
                <tr key={specification + run} class={index === 0 ? 'first' : undefined}>
                  <th scope="row">
                    <span class={index === 0 ? undefined : 'unseen'}>
                      <Specification name={specification} isLink={index === 0} />
                    </span>
                  </th>
                  {several ? (
                    <td class="spec-run">
                      <Text of={run} />
                    </td>
                  ) : null}
                  <td class="spec-bar">
                    <Bar row={row} />
                  </td>
                  {used.map(({ name, word }) => (
                    <td
                      key={name}
                      class={row[name] === 0 ? 'spec-count none' : 'spec-count'}
                      data-word={word}
                    >
                      {row[name]}
                    </td>
                  ))}
                </tr>
              ) : null;
            }),
          )}
        </tbody>
      </table>
    </Section>
  );
}

function Specification({ name, isLink }: { name: string; isLink: boolean }) {
  if (!isLink) return <Text of={name} />;
  return (
    <a href={linkTo({ view: 'list', id: '', run: '', filter: { ...noFilter, specs: [name] } })}>
      <Text of={name} />
    </a>
  );
}

function Bar({ row }: { row: SpecRow }) {
  return (
    <span class="segments" aria-hidden="true">
      {segments.map(({ name }) =>
        row[name] > 0 ? <span key={name} class={`seg-${name}`} style={{ flexGrow: row[name] }} /> : null,
      )}
    </span>
  );
}
