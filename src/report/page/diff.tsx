import { diffLines } from '../line-diff.ts';
import { prettyXml } from '../pretty-xml.ts';
import { printable } from '../printable.ts';
import { Scroller } from './parts.tsx';

const words = { '-': 'expected', '+': 'came', ' ': 'both' } as const;
const names = { '-': 'missing', '+': 'extra', ' ': 'same' } as const;

/** Characters; what is longer is shown as it is. */
const longest = 20_000;

/** XML with a line for each tag, so that two of it can be compared; what stands before it keeps its line. */
function readable(text: string): string {
  const begins = text.indexOf('<');
  if (begins < 0 || text.includes('\n') || text.length > longest) return text;
  const before = text.slice(0, begins).trim();
  const lines = prettyXml(text.slice(begins)).map(
    ({ depth, tokens }) => '  '.repeat(depth) + tokens.map((token) => token.text).join(''),
  );
  return [...(before === '' ? [] : [before]), ...lines].join('\n');
}

/** What was expected, and the nearest thing that came. */
export function Diff({ expected, nearest }: { expected: string; nearest: string }) {
  return (
    <figure class="diff">
      <figcaption>
        <span class="diff-missing">− expected</span> <span class="diff-extra">+ nearest that came</span>
      </figcaption>
      <Scroller look="diff-lines" name="Expected, and what came">
        {diffLines(readable(expected), readable(nearest)).map(({ mark, line }, index) => (
          <div key={index} class={`diff-line diff-${names[mark]}`}>
            <span class="sign" aria-hidden="true">
              {mark === '-' ? '−' : mark}
            </span>
            <span class="unseen">{words[mark]}: </span>
            <code>{printable(line)}</code>
          </div>
        ))}
      </Scroller>
    </figure>
  );
}
