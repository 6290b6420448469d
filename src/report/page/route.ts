import { useEffect, useState } from 'preact/hooks';

/** Which cases are listed. Empty sets are no condition. */
export interface Filter {
  outcomes: string[];
  specs: string[];
  levels: string[];
  runs: string[];
  text: string;
}

/** What the address says: a case of a run, or the overview, and the filter. */
export interface Route {
  view: 'overview' | 'case' | 'list';
  id: string;
  run: string;
  filter: Filter;
}

const lists = { verdict: 'outcomes', spec: 'specs', level: 'levels', target: 'runs' } as const;

export function parseRoute(hash: string): Route {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const filter: Filter = { outcomes: [], specs: [], levels: [], runs: [], text: words.get('text') ?? '' };
  for (const [word, name] of Object.entries(lists)) filter[name] = words.getAll(word);
  const id = words.get('case') ?? '';
  const view = id !== '' ? 'case' : words.has('list') ? 'list' : 'overview';
  return { view, id, run: words.get('run') ?? '', filter };
}

export function linkTo(route: Route): string {
  const words: string[] = [];
  const add = (name: string, value: string) => {
    if (value !== '') words.push(`${name}=${encode(value)}`);
  };
  if (route.view === 'list') words.push('list');
  if (route.view === 'case') {
    add('case', route.id);
    add('run', route.run);
  }
  for (const [word, name] of Object.entries(lists)) for (const value of route.filter[name]) add(word, value);
  add('text', route.filter.text);
  return `#${words.join('&')}`;
}

/** Slashes stay, so that a link shows which case it leads to. A lone surrogate cannot be encoded. */
function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replaceAll('%2F', '/');
}

export const noFilter: Filter = { outcomes: [], specs: [], levels: [], runs: [], text: '' };

export function go(route: Route, how: 'new' | 'same' = 'new'): void {
  const link = linkTo(route);
  if (link === linkTo(parseRoute(location.hash))) return;
  if (how === 'new') history.pushState(null, '', link);
  else history.replaceState(null, '', link);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** The part of the address behind `#`, as it changes. */
export function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = () => setHash(location.hash);
    addEventListener('hashchange', look);
    addEventListener('popstate', look);
    return () => {
      removeEventListener('hashchange', look);
      removeEventListener('popstate', look);
    };
  }, []);
  return hash;
}
