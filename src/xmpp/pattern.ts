import { XmlElement } from './element.ts';
import { namespaces } from './namespaces.ts';

/** One thing in which an element is not as its pattern wants it. */
export interface Difference {
  /** Where, such as `message/body/text()`, `message/@from`, `query/item[2]`. */
  path: string;
  expected: string;
  /** What is there instead; `undefined` where there is nothing. */
  actual: string | undefined;
}

/**
 * Compares a text of the pattern, which may be a template, with the actual one; it may keep captures. `undefined` asks
 * whether the pattern also fits where there is no such attribute or child.
 */
export type MatchText = (pattern: string, actual: string | undefined) => boolean;

export interface PatternOptions {
  /** Attributes, children and text that the pattern does not name must not be there. */
  exactly?: boolean;
  /** Children come in the order of the pattern. */
  inOrder?: boolean;
  /** The names of elements must have the prefixes that they have in the pattern. */
  asWritten?: boolean;
  /** Where the pattern gives no text there may be one. */
  anyText?: boolean;
}

export interface StanzaPattern {
  /** The pattern as it was written. */
  readonly element: XmlElement;
  /** What it is compared with: without white space, and without the marks that say how strict it is. */
  readonly wanted: XmlElement;
  /**
   * All differences; none when the element is as the pattern wants it. When it matches, `matchText` is called
   * once more for each pair that belongs together, in the order of the pattern, so that captures end up right.
   */
  match(actual: XmlElement, matchText: MatchText): Difference[];
  /** How much of the pattern an element fulfils, from 0 to 1; text with braces in it counts as fulfilled. */
  similarity(actual: XmlElement): number;
  /** The pattern as XML. */
  describe(): string;
}

interface Comparison {
  differences: Difference[];
  /** The texts that were found to match, pattern first. */
  matched: [string, string][];
}

/**
 * Makes a pattern of an element: names, namespaces, attributes, text and children that it has must be there, in
 * any order, each child in a child of its own. White space alone is no text. A child of a stanza's `<error/>`
 * written without a namespace of its own is a stanza error condition (RFC 6120 section 8.3.2). Text that begins with
 * `{=}` wants of an element, and of those in it, no attribute and no child but those of the pattern, in its order; after
 * `{+}` more may be there again.
 */
export function compilePattern(element: XmlElement, options: PatternOptions = {}): StanzaPattern {
  const wanted = normalized(element, namespaces.client);
  return {
    element,
    wanted,
    match(actual, matchText) {
      const { differences, matched } = compare(wanted, actual, wanted.name, matchText, options);
      if (differences.length === 0) for (const [pattern, text] of matched) matchText(pattern, text);
      return differences;
    },
    similarity(actual) {
      const { fulfilled, total } = likeness(wanted, actual);
      return fulfilled / total;
    },
    describe: () => element.toXml(namespaces.client),
  };
}

function normalized(element: XmlElement, inherited: string): XmlElement {
  const namespace = element.namespace === '' ? inherited : element.namespace;
  const isStanzaError = element.name === 'error' && stanzaNamespaces.has(namespace);
  const { strictness, content } = withoutMark(element.children);
  const children = content
    .filter((child) => typeof child !== 'string' || child.trim() !== '')
    .map((child) => (typeof child === 'string' ? child : normalized(inError(child), namespace)));
  const normal = new XmlElement(element.name, namespace, element.attributes, children, element.prefix);
  if (strictness) strictnessOf.set(normal, strictness);
  return normal;

  function inError(child: XmlElement): XmlElement {
    const unnamed = child.namespace === '' || child.namespace === namespace;
    if (!isStanzaError || !unnamed) return child;
    return new XmlElement(child.name, namespaces.stanzaError, child.attributes, child.children);
  }
}

/** What the pattern says of how strict it is, by the element that says so. */
const strictnessOf = new WeakMap<XmlElement, PatternOptions>();

const marks: Readonly<Record<string, PatternOptions>> = {
  '{=}': { exactly: true, inOrder: true, anyText: true },
  '{+}': {},
};

/** An element's content without the `{=}` or `{+}` that it begins with. */
function withoutMark(content: XmlElement['children']) {
  const [first, ...others] = content;
  const [, mark = '', rest = ''] = (typeof first === 'string' && /^\s*(\{[=+]\})(.*)$/s.exec(first)) || [];
  return mark === '' ? { content } : { content: [rest, ...others], strictness: marks[mark] };
}

const stanzaNamespaces = new Set<string>([namespaces.client, namespaces.server]);

function compare(
  wanted: XmlElement,
  actual: XmlElement,
  path: string,
  matchText: MatchText,
  inherited: PatternOptions,
): Comparison {
  const options = strictnessOf.get(wanted) ?? inherited;
  const differences: Difference[] = [];
  const matched: [string, string][] = [];
  const check = (where: string, expected: string, found: string | undefined) => {
    if (!matchText(expected, found)) differences.push({ path: where, expected, actual: found });
    else if (found !== undefined) matched.push([expected, found]);
  };

  if (wanted.name !== actual.name) {
    return { differences: [{ path, expected: `<${wanted.name}/>`, actual: `<${actual.name}/>` }], matched };
  }
  if (wanted.namespace !== actual.namespace) {
    differences.push({ path: `${path}/@xmlns`, expected: wanted.namespace, actual: actual.namespace });
  }
  if (options.asWritten && wanted.prefix !== actual.prefix) {
    const prefixed = ({ prefix }: XmlElement) => (prefix === '' ? 'no prefix' : `the prefix ${prefix}`);
    differences.push({ path, expected: prefixed(wanted), actual: prefixed(actual) });
  }
  for (const [name, value] of wanted.attributes) check(`${path}/@${name}`, value, actual.get(name));
  if (wanted.text !== '') check(`${path}/text()`, wanted.text, actual.text);
  const children = compareChildren(wanted, actual, path, matchText, options);
  differences.push(...children.differences);
  matched.push(...children.matched);
  if (options.exactly) differences.push(...surplus(wanted, actual, path, options), ...children.surplus);
  return { differences, matched };
}

/** What an element has in attributes and text that an exact pattern does not name. */
function surplus(
  wanted: XmlElement,
  actual: XmlElement,
  path: string,
  { anyText }: PatternOptions,
): Difference[] {
  const differences: Difference[] = [];
  for (const [name, value] of actual.attributes) {
    if (wanted.attributes.has(name)) continue;
    differences.push({ path: `${path}/@${name}`, expected: 'nothing', actual: value });
  }
  if (!anyText && wanted.text === '' && actual.text.trim() !== '') {
    differences.push({ path: `${path}/text()`, expected: 'nothing', actual: actual.text });
  }
  return differences;
}

function compareChildren(
  wanted: XmlElement,
  actual: XmlElement,
  path: string,
  matchText: MatchText,
  options: PatternOptions,
): Comparison & { surplus: Difference[] } {
  const expected = wanted.elements.filter((child) => !child.text.startsWith(absence));
  const found = actual.elements;
  const paths = childPaths(expected, path);
  const comparisons = new Map<string, Comparison>();
  const comparisonOf = (at: number, candidate: number): Comparison | undefined => {
    const [pattern, element, where] = [expected[at], found[candidate], paths[at]];
    if (!pattern || !element || !where || pattern.name !== element.name) return undefined;
    const key = `${at} ${candidate}`;
    const known = comparisons.get(key) ?? compare(pattern, element, where, matchText, options);
    comparisons.set(key, known);
    return known;
  };
  const fits = (at: number, candidate: number) =>
    (!options.inOrder || at === candidate) && comparisonOf(at, candidate)?.differences.length === 0;
  const partner = assign(expected.length, found.length, fits);

  const differences = unwanted(wanted, actual, path, matchText, options);
  const matched: [string, string][] = [];
  const taken = new Set(partner.values());
  for (const [at, pattern] of expected.entries()) {
    const own = partner.get(at);
    if (own !== undefined) {
      matched.push(...(comparisonOf(at, own)?.matched ?? []));
      continue;
    }
    const nearest = options.inOrder ? sameNameAt(at, pattern, found) : nearestOf(pattern, found, taken);
    if (nearest === undefined && pattern.text !== '' && matchText(pattern.text, undefined)) continue;
    if (nearest === undefined) {
      differences.push({
        path: paths[at] ?? path,
        expected: shortened(pattern.toXml(wanted.namespace)),
        actual: undefined,
      });
      continue;
    }
    taken.add(nearest);
    differences.push(...(comparisonOf(at, nearest)?.differences ?? []));
  }
  const surplus = found.flatMap((child, index) =>
    taken.has(index)
      ? []
      : [
          {
            path: `${path}/${child.name}`,
            expected: 'nothing',
            actual: shortened(child.toXml(actual.namespace)),
          },
        ],
  );
  return { differences, matched, surplus };
}

/** A child of a pattern whose text begins with this must not be there, with whatever else the pattern says of it. */
const absence = '{-}';

function unwanted(
  wanted: XmlElement,
  actual: XmlElement,
  path: string,
  matchText: MatchText,
  options: PatternOptions,
): Difference[] {
  return wanted.elements.flatMap((child) => {
    if (!child.text.startsWith(absence)) return [];
    const rest = child.children.map((one) => (typeof one === 'string' ? one.replace(absence, '') : one));
    const pattern = new XmlElement(child.name, child.namespace, child.attributes, rest, child.prefix);
    const there = actual.elements.find(
      (one) => compare(pattern, one, path, matchText, options).differences.length === 0,
    );
    if (!there) return [];
    return [
      {
        path: `${path}/${child.name}`,
        expected: 'nothing',
        actual: shortened(there.toXml(actual.namespace)),
      },
    ];
  });
}

/** Paths of children; where several have the same name, with their place among them. */
function childPaths(children: readonly XmlElement[], path: string): string[] {
  const seen = new Map<string, number>();
  return children.map(({ name }) => {
    const place = (seen.get(name) ?? 0) + 1;
    seen.set(name, place);
    const several = children.filter((child) => child.name === name).length > 1;
    return several ? `${path}/${name}[${place}]` : `${path}/${name}`;
  });
}

/**
 * Gives as many of the wanted children as possible a child of their own that fits, the first that does where
 * there is no need for another (augmenting paths). Returns the index of the child by that of the wanted one.
 */
function assign(
  wanted: number,
  found: number,
  fits: (at: number, candidate: number) => boolean,
): Map<number, number> {
  const ownerOf = new Map<number, number>();
  const place = (at: number, tried: Set<number>): boolean => {
    for (const movable of [false, true]) {
      for (let candidate = 0; candidate < found; candidate++) {
        const owner = ownerOf.get(candidate);
        if ((owner !== undefined) !== movable || tried.has(candidate) || !fits(at, candidate)) continue;
        tried.add(candidate);
        if (owner !== undefined && !place(owner, tried)) continue;
        ownerOf.set(candidate, at);
        return true;
      }
    }
    return false;
  };
  for (let at = 0; at < wanted; at++) place(at, new Set());
  return new Map([...ownerOf].map(([candidate, at]) => [at, candidate]));
}

/** The place of the pattern, where an element of its name stands there. */
function sameNameAt(at: number, pattern: XmlElement, found: readonly XmlElement[]): number | undefined {
  return found[at]?.name === pattern.name ? at : undefined;
}

function nearestOf(
  pattern: XmlElement,
  found: readonly XmlElement[],
  taken: ReadonlySet<number>,
): number | undefined {
  let best: number | undefined;
  let bestLikeness = -1;
  for (const [index, element] of found.entries()) {
    if (taken.has(index) || element.name !== pattern.name) continue;
    const { fulfilled } = likeness(pattern, element);
    if (fulfilled <= bestLikeness) continue;
    best = index;
    bestLikeness = fulfilled;
  }
  return best;
}

/** How many of a pattern's demands (name, namespace, attributes, text, those of children) an element fulfils. */
function likeness(wanted: XmlElement, actual: XmlElement | undefined): { fulfilled: number; total: number } {
  const demands = [
    actual?.name === wanted.name,
    actual?.name === wanted.name && actual.namespace === wanted.namespace,
    ...[...wanted.attributes].map(([name, value]) => mayMatch(value, actual?.get(name))),
    ...(wanted.text === '' ? [] : [mayMatch(wanted.text, actual?.text)]),
  ];
  let fulfilled = demands.filter((demand) => demand).length;
  let total = demands.length;
  for (const child of wanted.elements.filter((one) => !one.text.startsWith(absence))) {
    const alike = actual?.elements.filter((element) => element.name === child.name) ?? [];
    const best = [undefined, ...alike]
      .map((element) => likeness(child, element))
      .reduce((one, other) => (other.fulfilled > one.fulfilled ? other : one));
    fulfilled += best.fulfilled;
    total += best.total;
  }
  return { fulfilled, total };
}

function mayMatch(pattern: string, actual: string | undefined): boolean {
  return actual !== undefined && (pattern.includes('{') || pattern === actual);
}

function shortened(xml: string): string {
  return xml.length <= 300 ? xml : `${xml.slice(0, 299)}…`;
}
