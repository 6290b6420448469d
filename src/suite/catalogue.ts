import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Mistake, readYaml, SchemaCheck } from '../target/yaml-document.ts';
import { type CatalogueText, catalogueSchema } from './catalogue.schema.ts';

/** One demand of a specification that a server can be seen to keep or break. */
export interface Requirement {
  /** `rfc6121/8.5.2.1.1-chat`: the catalogue's folder, then the id in it. */
  id: string;
  specification: string;
  section: string;
  level: 'MUST' | 'SHOULD' | 'MAY';
  summary: string;
  /** Named features of RFC 6120 section 15 and RFC 6121 section 12 that this demand belongs to. */
  features: string[];
  untestable?: string;
}

/** What one specification demands. */
export interface Catalogue {
  /** The folder's name: `rfc6121`. */
  name: string;
  specification: string;
  title: string;
  requirements: Requirement[];
}

const check = new SchemaCheck<CatalogueText>(catalogueSchema);

const sound = new Map<string, { bytes: Buffer; catalogue: Catalogue }>();

/**
 * Reads one requirements.yaml; what is wrong in it goes into `mistakes`. Every load of suites reads all that come along:
 * one whose bytes are those of the last time, and were in order then, is not read anew.
 */
export function readCatalogue(file: string, mistakes: Mistake[]): Catalogue {
  const bytes = existsSync(file) ? readFileSync(file) : undefined;
  const last = sound.get(file);
  if (last && bytes?.equals(last.bytes)) return last.catalogue;
  const found: Mistake[] = [];
  const catalogue = catalogueOf(file, found);
  mistakes.push(...found);
  if (bytes && found.length === 0) sound.set(file, { bytes, catalogue });
  return catalogue;
}

function catalogueOf(file: string, mistakes: Mistake[]): Catalogue {
  const document = readYaml(file, check);
  mistakes.push(...document.mistakes);
  const name = basename(dirname(file));
  const text = document.value;
  if (!text) return { name, specification: name, title: name, requirements: [] };
  const seen = new Set<string>();
  const requirements = text.requirements.map((entry, index): Requirement => {
    if (seen.has(entry.id))
      mistakes.push(document.mistake(['requirements', index, 'id'], `${entry.id} is there twice`));
    seen.add(entry.id);
    const { id, section, level, summary, feature, untestable } = entry;
    return {
      id: `${name}/${id}`,
      specification: text.specification,
      section,
      level,
      summary,
      features: feature === undefined ? [] : typeof feature === 'string' ? [feature] : feature,
      ...(untestable === undefined ? {} : { untestable }),
    };
  });
  return { name, specification: text.specification, title: text.title, requirements };
}
