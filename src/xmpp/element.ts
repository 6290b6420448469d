/**
 * An XML element as it came over a stream or is about to go out: names are resolved to namespaces, prefixes
 * are forgotten. Attributes without a prefix are keyed by their name, `xml:lang` by `xml:lang`, any other
 * prefixed attribute by `{namespace}name`.
 */
export class XmlElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Map<string, string>;
  readonly children: (XmlElement | string)[];

  constructor(
    name: string,
    namespace: string,
    attributes: Record<string, string> | Map<string, string> = {},
    children: (XmlElement | string)[] = [],
  ) {
    this.name = name;
    this.namespace = namespace;
    this.attributes = attributes instanceof Map ? attributes : new Map(Object.entries(attributes));
    this.children = children;
  }

  get(attribute: string): string | undefined {
    return this.attributes.get(attribute);
  }

  /** Child elements, in document order. */
  get elements(): XmlElement[] {
    return this.children.filter((child) => child instanceof XmlElement);
  }

  /** The character data directly inside this element, joined. */
  get text(): string {
    return this.children.filter((child) => typeof child === 'string').join('');
  }

  /** The first child element of that name, in that namespace (default: this element's own). */
  child(name: string, namespace: string = this.namespace): XmlElement | undefined {
    return this.elements.find((child) => child.name === name && child.namespace === namespace);
  }

  is(name: string, namespace: string): boolean {
    return this.name === name && this.namespace === namespace;
  }

  /** The element as XML text; a namespace is declared where it differs from `inherited`. */
  toXml(inherited = ''): string {
    const written: string[] = [this.name];
    if (this.namespace !== inherited) written.push(`xmlns='${escapeXml(this.namespace)}'`);
    let prefixes = 0;
    for (const [key, value] of this.attributes) {
      const qualified = /^\{(.*)\}(.*)$/s.exec(key);
      if (qualified) {
        const prefix = `a${prefixes++}`;
        written.push(`xmlns:${prefix}='${escapeXml(qualified[1] ?? '')}'`);
        written.push(`${prefix}:${qualified[2]}='${escapeAttribute(value)}'`);
      } else written.push(`${key}='${escapeAttribute(value)}'`);
    }
    if (this.children.length === 0) return `<${written.join(' ')}/>`;
    const inside = this.children.map((child) =>
      typeof child === 'string' ? escapeXml(child) : child.toXml(this.namespace),
    );
    return `<${written.join(' ')}>${inside.join('')}</${this.name}>`;
  }
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
  '\r': '&#13;',
};

/** Text made safe for XML character data and for attributes in either kind of quotes. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>'"\r]/g, (character) => entities[character] ?? character);
}

/** White space in an attribute that is not a space would be read as one (XML 1.0 section 3.3.3). */
function escapeAttribute(value: string): string {
  return escapeXml(value).replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
