import type { RecordSet } from '../record/record-set.ts';
import { exitCodeForSet } from '../record/record-set.ts';
import type { Strictness } from '../record/summary.ts';

const label = 'touchstone';
/** Of a sans-serif face of 11 px, about as wide as its widest digits and letters are on average. */
const widthOfCharacter = 6.6;
const padding = 10;

const colours = { good: '#2da44e', bad: '#cf222e', unknown: '#6e7781' };

/**
 * An SVG badge: how many of the cases that were played passed, green where the run is conformant; `chosen` where others
 * were not asked for.
 */
export function badge(set: RecordSet, strictness: Strictness = {}): string {
  const sum = (of: (summary: RecordSet['records'][number]['summary']) => number) =>
    set.records.reduce((total, { summary }) => total + of(summary), 0);
  const passed = sum(({ pass, warn, flaky }) => pass + warn + flaky);
  const played = passed + sum(({ fail, inconclusive, error }) => fail + inconclusive + error);
  const code = exitCodeForSet(set, strictness);
  const known = sum(({ knownFailing }) => knownFailing);
  const isKnown = code === 0 && known > 0 ? `, ${known} known` : '';
  const isPart = set.records.some(({ selection, shard }) => selection ?? shard) ? ' chosen' : '';
  const value = played === 0 || code > 1 ? 'unknown' : `${passed} of ${played}${isPart}${isKnown}`;
  return svg(value, value === 'unknown' ? colours.unknown : code === 0 ? colours.good : colours.bad);
}

/** All text in it is ours: nothing that a server sent comes here. */
function svg(value: string, colour: string): string {
  const left = Math.round(label.length * widthOfCharacter) + padding;
  const right = Math.round(value.length * widthOfCharacter) + padding;
  const text = (x: number, content: string) =>
    `<text x="${x}" y="14" fill="#fff" text-anchor="middle">${content}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${label}: ${value}">
<title>${label}: ${value}</title>
<clipPath id="r"><rect width="${left + right}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#444d56"/><rect x="${left}" width="${right}" height="20" fill="${colour}"/></g>
<g font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${text(left / 2, label)}${text(left + right / 2, value)}</g>
</svg>
`;
}
