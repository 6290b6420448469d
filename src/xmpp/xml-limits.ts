/** How much of a hostile sender's XML is taken in before the stream is given up. */
export interface XmlLimits {
  /** Elements open at once, the stream's root among them. */
  depth: number;
  /** Octets of one top-level element, or of what comes before the end of the stream header. */
  octets: number;
  /** Attributes of one element, namespace declarations among them. */
  attributes: number;
  /** Characters of one attribute's value. */
  attributeLength: number;
  /** Elements and pieces of text inside one top-level element, at any depth. */
  nodes: number;
}

export const defaultXmlLimits: XmlLimits = {
  depth: 128,
  octets: 4 * 1024 * 1024,
  attributes: 256,
  attributeLength: 64 * 1024,
  nodes: 65_536,
};

/** A stream error condition (RFC 6120 section 4.9.3) that describes what is wrong with XML. */
export type XmlViolationCondition =
  | 'bad-format'
  | 'bad-namespace-prefix'
  | 'invalid-namespace'
  | 'invalid-xml'
  | 'not-well-formed'
  | 'policy-violation'
  | 'restricted-xml'
  | 'unsupported-encoding'
  | 'unsupported-version';

export interface XmlViolation {
  condition: XmlViolationCondition;
  /** What was wrong, for people. */
  text: string;
}

/** Thrown where XML breaks a rule; `line` counts from 1, `column` from 0 within the text that was read. */
export class XmlViolationError extends Error {
  override readonly name = 'XmlViolationError';
  readonly condition: XmlViolationCondition;
  readonly line: number;
  readonly column: number;

  constructor(violation: XmlViolation, line: number, column: number) {
    super(violation.text);
    this.condition = violation.condition;
    this.line = line;
    this.column = column;
  }
}
