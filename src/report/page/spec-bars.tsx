import { useMemo } from 'preact/hooks';
import type { Report } from './data.ts';
import { Section, Text } from './parts.tsx';
import { linkTo, noFilter } from './route.ts';
import { type SpecRow, specRows } from './specs.ts';

const segments = [
  { name: 'held', word: 'held' },
  { name: 'broken', word: 'broken' },
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
          report.items.filter((item) => item.record === record),
          new Map(),
        ),
      })),
    [report],
  );
  const specifications = [...new Set(tables.flatMap(({ rows }) => rows.map(({ specification }) => specification)))];
  if (specifications.length === 0) return null;
  const used = segments.filter(({ name }) => tables.some(({ rows }) => rows.some((row) => row[name] > 0)));
  return (
    <Section title="Requirements by specification">
      <ul class="legend" aria-hidden="true">
        {used.map(({ name, word }) => (
          <li key={name}>
            <span class={`swatch seg-${name}`} /> {word}
          </li>
        ))}
      </ul>
      <table class="specs">
        <thead class="unseen">
          <tr>
            <th>Specification</th>
            {several ? <th>Target</th> : null}
            <th>Requirements</th>
            <th>Counts</th>
          </tr>
        </thead>
        <tbody>
          {specifications.flatMap((specification) =>
            tables.flatMap(({ run, rows }, index) => {
              const row = rows.find((one) => one.specification === specification);
              return row ? (
                <tr key={specification + run}>
                  <th scope="row">
                    {index === 0 ? (
                      <a href={linkTo({ view: 'list', id: '', run: '', filter: { ...noFilter, specs: [specification] } })}>
                        <Text of={specification} />
                      </a>
                    ) : (
                      <span class="unseen">
                        <Text of={specification} />
                      </span>
                    )}
                  </th>
                  {several ? (
                    <td class="spec-run">
                      <Text of={run} />
                    </td>
                  ) : null}
                  <td class="spec-bar">
                    <Bar row={row} />
                  </td>
                  <td class="spec-counts">{countsText(row)}</td>
                </tr>
              ) : (
                []
              );
            }),
          )}
        </tbody>
      </table>
    </Section>
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

/** `213 held, 3 broken (2 known)`. */
function countsText(row: SpecRow): string {
  return segments
    .filter(({ name }) => row[name] > 0)
    .map(({ name, word }) => {
      const known = name === 'broken' && row.known > 0 ? ` (${row.known === row.broken ? 'all' : row.known} known)` : '';
      return `${row[name]} ${word}${known}`;
    })
    .join(', ');
}
