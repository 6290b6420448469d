/**
 * An XML element as it came over a stream or is about to go out: names are resolved to namespaces. Attributes without
 * a prefix are keyed by their name, `xml:lang` by `xml:lang`, any other prefixed attribute by `{namespace}name`.
 */
export class XmlElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Map<string, string>;
  readonly children: (XmlElement | string)[];
  /** As it was written, or is to be; it says nothing about what the element is (RFC 6120 section 8.4). */
  readonly prefix: string;

  constructor(
    name: string,
    namespace: string,
    attributes: Record<string, string> | Map<string, string> = {},
    children: (XmlElement | string)[] = [],
    prefix = '',
  ) {
    this.name = name;
    this.namespace = namespace;
    this.attributes = attributes instanceof Map ? attributes : new Map(Object.entries(attributes));
    this.children = children;
    this.prefix = prefix;
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
    return this.#written(inherited, new Map());
  }

  #written(inherited: string, prefixes: ReadonlyMap<string, string>): string {
    const name = this.prefix === '' ? this.name : `${this.prefix}:${this.name}`;
    const written: string[] = [name];
    const scope = new Map(prefixes);
    if (this.prefix !== '' && prefixes.get(this.prefix) !== this.namespace) {
      scope.set(this.prefix, this.namespace);
      written.push(`xmlns:${this.prefix}='${escapeXml(this.namespace)}'`);
    } else if (this.prefix === '' && this.namespace !== inherited) {
      written.push(`xmlns='${escapeXml(this.namespace)}'`);
    }
    for (const [key, value] of this.attributes) {
      const qualified = /^\{(.*)\}(.*)$/s.exec(key);
      if (qualified) {
        const [, namespace = '', local] = qualified;
        const prefix = prefixOf(namespace, scope) ?? freePrefix(scope);
        if (!scope.has(prefix)) written.push(`xmlns:${prefix}='${escapeXml(namespace)}'`);
        scope.set(prefix, namespace);
        written.push(`${prefix}:${local}='${escapeAttribute(value)}'`);
      } else written.push(`${key}='${escapeAttribute(value)}'`);
    }
    if (this.children.length === 0) return `<${written.join(' ')}/>`;
    const within = this.prefix === '' ? this.namespace : inherited;
    const inside = this.children.map((child) =>
      typeof child === 'string' ? escapeXml(child) : child.#written(within, scope),
    );
    return `<${written.join(' ')}>${inside.join('')}</${name}>`;
  }
}

function prefixOf(namespace: string, scope: ReadonlyMap<string, string>): string | undefined {
  for (const [prefix, bound] of scope) if (bound === namespace) return prefix;
  return undefined;
}

function freePrefix(scope: ReadonlyMap<string, string>): string {
  let number = 0;
  while (scope.has(`a${number}`)) number++;
  return `a${number}`;
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
