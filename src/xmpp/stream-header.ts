import { XmlElement } from './element.ts';
import { namespaces } from './namespaces.ts';
import type { XmlDeclaration } from './xml-characters.ts';
import type { XmlViolation } from './xml-limits.ts';

export interface StreamHeaderFacts {
  /** The prefix of the root's name; empty without one. */
  prefix: string;
  /** Namespaces declared on the root by prefix, the default namespace under the empty one. */
  declarations: ReadonlyMap<string, string>;
  /** The XML declaration, where there was one. */
  declaration?: XmlDeclaration | undefined;
}

/**
 * The root of a stream (RFC 6120 section 4.7) or the `<open/>` of a framed one (RFC 7395 section 3.4), without
 * children: its name, namespace and attributes, and how its namespaces were declared.
 */
export class StreamHeader extends XmlElement {
  readonly declarations: ReadonlyMap<string, string>;
  readonly declaration: XmlDeclaration | undefined;

  constructor(name: string, namespace: string, attributes: Map<string, string>, facts: StreamHeaderFacts) {
    super(name, namespace, attributes, [], facts.prefix);
    this.declarations = facts.declarations;
    this.declaration = facts.declaration;
  }

  /** The content namespace: what the root declares for names without a prefix (RFC 6120 section 4.8.2). */
  get defaultNamespace(): string | undefined {
    return this.declarations.get('');
  }

  /** Whether the header is the `<open/>` of a WebSocket stream. */
  get framed(): boolean {
    return this.namespace === namespaces.framing;
  }
}

/** What is wrong with the names of a stream header, as a stream error would say it (RFC 6120 section 4.8). */
export function headerViolation(
  header: StreamHeader,
  contentNamespace: string = namespaces.client,
): XmlViolation | undefined {
  if (header.is('open', namespaces.framing)) return undefined;
  if (header.namespace !== namespaces.stream) {
    return {
      condition: 'invalid-namespace',
      text: `The stream header is in the namespace '${header.namespace}', not ${namespaces.stream}`,
    };
  }
  if (header.name !== 'stream') {
    return { condition: 'bad-format', text: `The stream begins with <${header.name}/>, not <stream/>` };
  }
  if (header.prefix !== 'stream' && header.prefix !== '') {
    return {
      condition: 'bad-namespace-prefix',
      text: `The stream namespace has the prefix '${header.prefix}', not 'stream'`,
    };
  }
  const content = header.defaultNamespace;
  if (header.prefix === 'stream' && content !== undefined && content !== contentNamespace) {
    return {
      condition: 'invalid-namespace',
      text: `The content namespace is '${content}', not ${contentNamespace}`,
    };
  }
  return undefined;
}
