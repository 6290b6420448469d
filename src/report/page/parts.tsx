import { type ComponentChildren, Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { printable } from '../printable.ts';
import type { Outcome } from './data.ts';

/** Text that a server, or a file, may have written: what cannot be seen shows as an escape. */
export function Text({ of }: { of: string }) {
  return <>{printable(of)}</>;
}

/** A name with slashes, which a narrow place breaks behind them before it breaks words. */
export function Path({ of }: { of: string }) {
  return (
    <>
      {printable(of)
        .split(/(?<=\/)/)
        .map((part, index) => (
          <Fragment key={index}>
            {index > 0 ? <wbr /> : null}
            {part}
          </Fragment>
        ))}
    </>
  );
}

const looks: Readonly<Record<Outcome, { mark: string; word: string }>> = {
  fail: { mark: '✗', word: 'fail' },
  error: { mark: 'E', word: 'error' },
  inconclusive: { mark: '?', word: 'inconclusive' },
  lucky: { mark: '+', word: 'unexpected pass' },
  known: { mark: 'k', word: 'known to fail' },
  flaky: { mark: '~', word: 'flaky' },
  warn: { mark: '!', word: 'warn' },
  unsupported: { mark: '–', word: 'unsupported' },
  pass: { mark: '✓', word: 'pass' },
  pending: { mark: '·', word: 'not played' },
};

export function wordFor(outcome: string): string {
  return looks[outcome as Outcome]?.word ?? outcome;
}

/** The sign of a verdict; a word for those who cannot see it. */
export function Mark({ of, silent }: { of: Outcome; silent?: boolean }) {
  const { mark, word } = looks[of];
  return (
    <span class={`mark is-${of}`} title={word}>
      <span aria-hidden="true">{mark}</span>
      {silent ? null : <span class="unseen">{word}</span>}
    </span>
  );
}

export function Verdict({ of }: { of: Outcome }) {
  return <span class={`verdict is-${of}`}>{looks[of].word}</span>;
}

export function Level({ of }: { of: string }) {
  return <span class={`level level-${of.toLowerCase()}`}>{of}</span>;
}

/** A link out of the page: only to the web, whatever the record says. */
export function WebLink({ to }: { to: string }) {
  if (!/^https?:\/\//i.test(to)) return <Text of={to} />;
  return (
    <a href={to} rel="noreferrer noopener" target="_blank">
      <Text of={to} />
    </a>
  );
}

/** A command with a button that copies it. */
export function Command({ text }: { text: string }) {
  const [said, say] = useState('');
  const copy = async () => {
    say((await copied(text)) ? 'Copied' : 'Not copied: select the text');
    setTimeout(() => say(''), 2_000);
  };
  return (
    <div class="command">
      <code>
        <Text of={text} />
      </code>
      <button type="button" class="button" onClick={() => void copy()}>
        {said || 'Copy'}
      </button>
      <span class="unseen" role="status">
        {said}
      </span>
    </div>
  );
}

/** A page from disk may not use the clipboard of the newer kind everywhere. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

export function Section({
  title,
  extra,
  children,
}: {
  title: string;
  extra?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="section">
      <h2>
        {title}
        {extra === undefined ? null : <span class="extra">{extra}</span>}
      </h2>
      {children}
    </section>
  );
}

/** What may be larger than its place: it scrolls, and the keyboard reaches it. */
export function Scroller({
  name,
  look,
  children,
}: {
  name: string;
  look: string;
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class={look} tabIndex={0} aria-label={name}>
      {children}
    </section>
  );
}

/** A length of time for people. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 120_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}

export function octets(count: number): string {
  return count < 10_000 ? `${count} B` : `${(count / 1_024).toFixed(0)} KiB`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
