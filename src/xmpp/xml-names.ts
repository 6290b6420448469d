import { namespaces } from './namespaces.ts';

/** A start tag as it is written: qualified names, values with their references resolved. */
export interface WrittenTag {
  name: string;
  attributes: { name: string; value: string }[];
}

/** A start tag with its names resolved (Namespaces in XML 1.0). */
export interface Tag {
  /** As it is written, with its prefix. */
  name: string;
  prefix: string;
  local: string;
  namespace: string;
  /**
   * Values by name, in their order, without declarations of namespaces: `to`, `xml:lang`, and `{namespace}local` where there is
   * another prefix.
   */
  attributes: Map<string, string>;
  /** Namespaces that the tag itself declares, by prefix; the default one under the empty prefix. */
  declarations: ReadonlyMap<string, string>;
  /** Prefixes that the tag uses, but for `xml`. */
  prefixes: readonly string[];
}

/** Most tags declare nothing. */
const nothingDeclared: ReadonlyMap<string, string> = new Map();

type Malformed = (reason: string) => never;

/**
 * Resolves the names of a start tag; `outer` knows what is declared around it. Calls `malformed`, which throws, where the
 * names keep not to Namespaces in XML, or an attribute is there twice.
 */
export function resolveTag(
  written: WrittenTag,
  outer: (prefix: string) => string | undefined,
  malformed: Malformed,
): Tag {
  const declarations = declarationsOf(written, malformed);
  const prefixes: string[] = [];
  const resolve = (prefix: string): string => {
    if (prefix === 'xml') return namespaces.xml;
    prefixes.push(prefix);
    return (
      declarations.get(prefix) ?? outer(prefix) ?? malformed(`the prefix ${clipped(prefix)} is not declared`)
    );
  };
  const { prefix, local } = partsOf(written.name, malformed);
  if (prefix === 'xmlns') malformed('an element with the prefix xmlns');
  const namespace = prefix === '' ? (declarations.get('') ?? outer('') ?? '') : resolve(prefix);
  const attributes = new Map<string, string>();
  for (const { name, value } of written.attributes) {
    if (isDeclaration(name)) continue;
    const parts = partsOf(name, malformed);
    const key = parts.prefix === '' ? name : keyOf(parts, resolve(parts.prefix));
    if (attributes.has(key)) malformed(`the attribute ${clipped(name)} is there twice`);
    attributes.set(key, value);
  }
  return { name: written.name, prefix, local, namespace, attributes, declarations, prefixes };
}

function declarationsOf({ attributes }: WrittenTag, malformed: Malformed): ReadonlyMap<string, string> {
  let declarations: Map<string, string> | undefined;
  for (const { name, value } of attributes) {
    if (!isDeclaration(name)) continue;
    const { prefix, local } = partsOf(name, malformed);
    const declared = prefix === '' ? '' : local;
    declarations ??= new Map();
    if (declarations.has(declared)) malformed(`the attribute ${clipped(name)} is there twice`);
    checkDeclaration(declared, value, malformed);
    declarations.set(declared, value);
  }
  return declarations ?? nothingDeclared;
}

/** Namespaces in XML 1.0, section 3: what is reserved, and that only the default namespace can be none. */
function checkDeclaration(prefix: string, namespace: string, malformed: Malformed): void {
  if (prefix === 'xmlns') malformed('a declaration of the prefix xmlns');
  if (prefix !== '' && namespace === '')
    malformed(`the prefix ${clipped(prefix)} is declared as no namespace`);
  if ((prefix === 'xml') !== (namespace === namespaces.xml))
    malformed('the prefix xml and its namespace belong to each other alone');
  if (namespace === namespaces.xmlns) malformed('a declaration of the namespace of declarations');
}

function keyOf({ local }: { local: string }, namespace: string): string {
  return namespace === namespaces.xml ? `xml:${local}` : `{${namespace}}${local}`;
}

function isDeclaration(name: string): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:');
}

function partsOf(name: string, malformed: Malformed): { prefix: string; local: string } {
  const colon = name.indexOf(':');
  if (colon === -1) return { prefix: '', local: name };
  const prefix = name.slice(0, colon);
  const local = name.slice(colon + 1);
  if (prefix === '' || local === '' || local.includes(':'))
    malformed(`the name ${clipped(name)} has a colon astray`);
  return { prefix, local };
}

/** A name, fit for a message: it can be as long as an element may be. */
export function clipped(name: string): string {
  return name.length > 60 ? `${name.slice(0, 57)}...` : name;
}
