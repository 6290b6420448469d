import { diffLines } from '../line-diff.ts';
import { printable } from '../printable.ts';

const words = { '-': 'expected', '+': 'came', ' ': 'both' } as const;
const names = { '-': 'missing', '+': 'extra', ' ': 'same' } as const;

/** What was expected, and the nearest thing that came. */
export function Diff({ expected, nearest }: { expected: string; nearest: string }) {
  return (
    <figure class="diff">
      <figcaption>
        <span class="diff-missing">− expected</span> <span class="diff-extra">+ nearest that came</span>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <div class="diff-lines" tabIndex={0} role="group" aria-label="Expected, and what came">
        {diffLines(expected, nearest).map(({ mark, line }, index) => (
          <div key={index} class={`diff-line diff-${names[mark]}`}>
            <span class="sign" aria-hidden="true">
              {mark === '-' ? '−' : mark}
            </span>
            <span class="unseen">{words[mark]}: </span>
            <code>{printable(line)}</code>
          </div>
        ))}
      </div>
    </figure>
  );
}
