import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { printable } from '../printable.ts';
import { CaseView } from './case.tsx';
import type { Item, Report } from './data.ts';
import { matches } from './filter.ts';
import { Help, useKeys } from './keys.tsx';
import { CaseList } from './list.tsx';
import { OverviewView } from './overview.tsx';
import { go, linkTo, noFilter, parseRoute, type Route, useHash } from './route.ts';
import { ThemeSwitch } from './theme.tsx';

export function App({ report }: { report: Report }) {
  const hash = useHash();
  const route = useMemo(() => parseRoute(hash), [hash]);
  const shown = useMemo(
    () => report.items.filter((item) => matches(item, route.filter)),
    [report, route.filter],
  );
  const open = useMemo(() => openItem(report, route), [report, route]);
  const [chosen, choose] = useState<Item | undefined>(undefined);
  const current = open ?? (chosen && shown.includes(chosen) ? chosen : undefined);
  const search = useRef<HTMLInputElement>(null);
  const main = useRef<HTMLElement>(null);
  const [help, showHelp] = useState(false);

  const openCase = useCallback(
    (item: Item) => go({ ...route, view: 'case', id: item.one.id, run: runOf(report, item) }),
    [route, report],
  );
  useKeys({
    search: () => search.current?.focus(),
    step: (by) => {
      const at = current ? shown.indexOf(current) : -1;
      const next = shown[Math.max(0, Math.min(shown.length - 1, at + by))];
      if (!next) return;
      if (route.view === 'case') openCase(next);
      else choose(next);
    },
    open: () => current && openCase(current),
    back: () => {
      if (help) showHelp(false);
      else if (route.view !== 'overview') {
        if (open) choose(open);
        go({ ...route, view: 'overview', id: '', run: '' });
      }
    },
    help: () => showHelp(!help),
  });

  useEffect(() => {
    document.title = titleOf(report, open);
    main.current?.scrollTo(0, 0);
    scrollTo(0, 0);
  }, [report, open, route.view]);

  return (
    <div class={`app shows-${route.view}`}>
      <button type="button" class="button skip" onClick={() => main.current?.focus()}>
        To the content
      </button>
      <TopBar route={route} help={help} onHelp={() => showHelp(!help)} />
      <CaseList
        report={report}
        shown={shown}
        route={route}
        current={current}
        search={search}
        linkOf={(item) => linkTo({ ...route, view: 'case', id: item.one.id, run: runOf(report, item) })}
        onFilter={(filter) => go({ ...route, filter }, 'same')}
        onClear={() => go({ ...route, filter: noFilter }, 'same')}
      />
      <main class="main" id="main" ref={main} tabIndex={-1}>
        {route.view === 'list' ? <h1 class="unseen list-title">Cases</h1> : null}
        {open ? (
          <CaseView
            key={`${open.run}\0${open.one.id}`}
            report={report}
            item={open}
            shown={shown}
            route={route}
          />
        ) : route.view === 'case' ? (
          <p class="empty">
            There is no case <code>{printable(route.id)}</code> in this report.
          </p>
        ) : (
          <OverviewView report={report} route={route} />
        )}
      </main>
      {help ? <Help onClose={() => showHelp(false)} /> : null}
    </div>
  );
}

function TopBar({ route, help, onHelp }: { route: Route; help: boolean; onHelp(): void }) {
  const link = (view: 'overview' | 'list') => linkTo({ ...route, view, id: '', run: '' });
  const current = (view: Route['view']) => (route.view === view ? 'page' : undefined);
  return (
    <header class="bar">
      <a class="brand" href={link('overview')}>
        <span class="stone" aria-hidden="true" />
        Touchstone
      </a>
      <nav class="tabs" aria-label="Views">
        <a href={link('overview')} aria-current={current('overview')}>
          Overview
        </a>
        <a class="to-list" href={link('list')} aria-current={current('list')}>
          Cases
        </a>
      </nav>
      <span class="room" />
      <button type="button" class="button quiet keys-button" onClick={onHelp} aria-expanded={help}>
        Keys <kbd>?</kbd>
      </button>
      <ThemeSwitch />
    </header>
  );
}

/** Where there is one record only, links need not say which. */
export function runOf(report: Report, item: Item): string {
  return report.runs.length > 1 ? item.run : '';
}

function openItem(report: Report, { view, id, run }: Route): Item | undefined {
  if (view !== 'case') return undefined;
  // An address holds no lone surrogate.
  return report.items.find((item) => item.one.id.toWellFormed() === id && (run === '' || item.run === run));
}

function titleOf({ records }: Report, open: Item | undefined): string {
  const titles = records.map(({ target }) => printable(target.title)).join(', ');
  return open
    ? `${printable(open.one.title)} · ${printable(open.record.target.title)}`
    : `${titles} · Touchstone`;
}
