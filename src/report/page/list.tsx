import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { printable } from '../printable.ts';
import type { Item, Report } from './data.ts';
import { outcomes } from './data.ts';
import { countsOf, isEmpty, toggled } from './filter.ts';
import { Mark, plural, Text, wordFor } from './parts.tsx';
import type { Filter, Route } from './route.ts';

interface ListProps {
  report: Report;
  shown: readonly Item[];
  route: Route;
  current: Item | undefined;
  search: RefObject<HTMLInputElement | null>;
  linkOf(item: Item): string;
  onFilter(filter: Filter): void;
  onClear(): void;
}

/** The cases, with what they are filtered by. */
export function CaseList(props: ListProps) {
  const { report, shown, route, search, onFilter, onClear } = props;
  const { filter } = route;
  return (
    <aside class="side" aria-label="Cases">
      <div class="filters">
        <input
          ref={search}
          class="search"
          type="search"
          placeholder="Filter by id, title, requirement, message"
          aria-label="Filter cases by text"
          value={filter.text}
          onInput={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
        />
        <Facets report={report} filter={filter} onFilter={onFilter} />
        <p class="count" role="status">
          {isEmpty(filter)
            ? plural(shown.length, 'case')
            : `${shown.length.toLocaleString('en')} of ${plural(report.items.length, 'case')}`}
          {isEmpty(filter) ? null : (
            <button type="button" class="link" onClick={onClear}>
              clear
            </button>
          )}
        </p>
      </div>
      <Rows {...props} />
    </aside>
  );
}

function Facets({ report, filter, onFilter }: Pick<ListProps, 'report' | 'onFilter'> & { filter: Filter }) {
  const verdicts = useMemo(
    () => countsOf(report.items, filter, 'outcomes', ({ outcome }) => [outcome]),
    [report, filter],
  );
  const levels = useMemo(
    () => countsOf(report.items, filter, 'levels', ({ one }) => [one.level]),
    [report, filter],
  );
  const specs = useMemo(
    () =>
      countsOf(report.items, filter, 'specs', ({ covers }) =>
        covers.map(({ specification }) => specification),
      ),
    [report, filter],
  );
  const runs = useMemo(() => countsOf(report.items, filter, 'runs', ({ run }) => [run]), [report, filter]);
  return (
    <>
      <fieldset class="chips">
        <legend class="unseen">Verdict</legend>
        {outcomes
          .filter((outcome) => verdicts.has(outcome))
          .map((outcome) => (
            <label key={outcome} class={`chip is-${outcome}`}>
              <input
                type="checkbox"
                checked={filter.outcomes.includes(outcome)}
                onChange={() => onFilter({ ...filter, outcomes: toggled(filter.outcomes, outcome) })}
              />
              <Mark of={outcome} silent />
              <span>{outcome === 'known' ? 'known' : wordFor(outcome)}</span>
              <span class="number">{verdicts.get(outcome)}</span>
            </label>
          ))}
      </fieldset>
      <div class="selects">
        <Choice
          label="Specification"
          all="Any spec"
          name="specs"
          counts={specs}
          filter={filter}
          onFilter={onFilter}
        />
        <Choice
          label="Level"
          all="Any level"
          name="levels"
          counts={levels}
          filter={filter}
          onFilter={onFilter}
        />
        {report.runs.length > 1 ? (
          <Choice
            label="Target"
            all="Any target"
            name="runs"
            counts={runs}
            filter={filter}
            onFilter={onFilter}
          />
        ) : null}
      </div>
    </>
  );
}

interface ChoiceProps {
  label: string;
  all: string;
  name: 'specs' | 'levels' | 'runs';
  counts: Map<string, number>;
  filter: Filter;
  onFilter(filter: Filter): void;
}

function Choice({ label, all, name, counts, filter, onFilter }: ChoiceProps) {
  const values = [...counts.keys()];
  const [chosen = ''] = filter[name];
  return (
    <select
      aria-label={label}
      value={String(values.indexOf(chosen))}
      class={chosen === '' ? '' : 'active'}
      onChange={(event) => {
        const value = values[Number(event.currentTarget.value)];
        onFilter({ ...filter, [name]: value === undefined ? [] : [value] });
      }}
    >
      <option value="-1">{all}</option>
      {values.map((value, index) => (
        <option key={value} value={String(index)}>
          <Text of={value} /> ({counts.get(value)})
        </option>
      ))}
    </select>
  );
}

type Row = { top: number; height: number } & ({ suite: string } | { item: Item; place: number });

const heights = { suite: 30, item: 44 } as const;
/** Rows beyond the ones that can be seen, in pixels. */
const margin = 400;

function rowsOf(items: readonly Item[]): { rows: Row[]; height: number } {
  const rows: Row[] = [];
  let top = 0;
  let suite = '';
  for (const [place, item] of items.entries()) {
    if (item.one.suite !== suite) {
      suite = item.one.suite;
      rows.push({ top, height: heights.suite, suite });
      top += heights.suite;
    }
    rows.push({ top, height: heights.item, item, place });
    top += heights.item;
  }
  return { rows, height: top };
}

/** Only those rows are in the page that can be seen: thousands would take seconds. */
function Rows({ shown, current, linkOf, report, route }: ListProps) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 800 });
  const { rows, height } = useMemo(() => rowsOf(shown), [shown]);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const look = () => setSeen({ top: element.scrollTop, height: element.clientHeight });
    const watch = new ResizeObserver(look);
    watch.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  useEffect(() => {
    const element = box.current;
    const row = rows.find((one) => 'item' in one && one.item === current);
    if (!element || !row) return;
    if (
      row.top < element.scrollTop + heights.suite ||
      row.top + row.height > element.scrollTop + element.clientHeight
    )
      element.scrollTop = row.top - element.clientHeight / 3;
  }, [current, rows, route.view]);
  const visible = rows.filter(
    ({ top, height: own }) => top + own > seen.top - margin && top < seen.top + seen.height + margin,
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="rows" ref={box} tabIndex={0} aria-label="Cases that the filter leaves">
      <ul class="rows-all" style={{ height: `${height}px` }}>
        {visible.map((row) =>
          'suite' in row ? (
            <li
              class="row-suite"
              aria-hidden="true"
              key={`suite ${row.top} ${row.suite}`}
              style={{ top: `${row.top}px` }}
            >
              <Text of={row.suite} />
            </li>
          ) : (
            <li
              class="row"
              key={`${row.item.run}\0${row.item.one.id}`}
              style={{ top: `${row.top}px` }}
              aria-setsize={shown.length}
              aria-posinset={row.place + 1}
            >
              <RowLink
                item={row.item}
                link={linkOf(row.item)}
                isCurrent={row.item === current}
                several={report.runs.length > 1}
              />
            </li>
          ),
        )}
      </ul>
      {shown.length === 0 ? <p class="empty">No case is left by this filter.</p> : null}
    </section>
  );
}

function RowLink({
  item,
  link,
  isCurrent,
  several,
}: {
  item: Item;
  link: string;
  isCurrent: boolean;
  several: boolean;
}) {
  const { one, run, outcome } = item;
  const rest = one.id.startsWith(`${one.suite}/`) ? one.id.slice(one.suite.length + 1) : one.id;
  return (
    <a class="row-link" href={link} aria-current={isCurrent ? 'true' : undefined} title={printable(one.id)}>
      <Mark of={outcome} />
      <span class="row-text">
        <span class="row-title">
          <Text of={one.title} />
        </span>
        <span class="row-id">
          {several ? (
            <b>
              <Text of={run} />{' '}
            </b>
          ) : null}
          <Text of={rest} />
        </span>
      </span>
    </a>
  );
}
