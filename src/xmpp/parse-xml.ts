import type { XmlElement } from './element.ts';
import { ElementReader } from './element-reader.ts';
import { namespaces } from './namespaces.ts';
import { XmlViolationError } from './xml-limits.ts';

/** XML that cannot be read; `line` and `column` count from 1 within the text. */
export class XmlSyntaxError extends Error {
  override readonly name = 'XmlSyntaxError';
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(`line ${line}, column ${column}: ${message}`);
    this.line = line;
    this.column = column;
  }
}

export interface FragmentOptions {
  /** The namespace of names without a prefix, where the text declares none. */
  defaultNamespace?: string;
}

/** Suites are trusted; the limits only keep a slip of the pen from filling the memory. */
const limits = {
  depth: 1000,
  octets: 64 * 1024 * 1024,
  attributes: 10_000,
  attributeLength: 16 * 1024 * 1024,
  nodes: 1_000_000,
};

/** Kept by default namespace, as making one takes longer than most texts. */
const readers = new Map<string, ElementReader>();
let found: XmlElement | undefined;

/**
 * Reads one element as a suite or a document writes it, white space around it allowed. The prefix `stream` need
 * not be declared, as in the examples of RFC 6120. Throws XmlSyntaxError.
 */
export function parseFragment(text: string, options: FragmentOptions = {}): XmlElement {
  const { defaultNamespace = '' } = options;
  const reader = readers.get(defaultNamespace) ?? readerFor(defaultNamespace);
  // One that throws must not be used again.
  readers.delete(defaultNamespace);
  found = undefined;
  try {
    reader.readWhole(text);
    readers.set(defaultNamespace, reader);
  } catch (error) {
    if (!(error instanceof XmlViolationError)) throw error;
    throw new XmlSyntaxError(error.message, error.line, Math.max(1, error.column));
  }
  const element = found as XmlElement | undefined;
  if (!element) throw new XmlSyntaxError('There is no element', 1, 1);
  return element;
}

function readerFor(defaultNamespace: string): ElementReader {
  return new ElementReader({
    rootIsHeader: false,
    limits,
    inherited: { '': defaultNamespace, stream: namespaces.stream },
    onElement: (element) => {
      found = element;
    },
  });
}
