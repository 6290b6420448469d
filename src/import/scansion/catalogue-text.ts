import { Document, isMap, isSeq, parseDocument } from 'yaml';

/** One requirement of the catalogue that is made beside imported suites. */
export interface ImportedRequirement {
  id: string;
  /** The script. */
  section: string;
  summary: string;
}

const schemaLine =
  ' yaml-language-server: $schema=https://unpkg.com/touchstone/src/suite/requirements.schema.json';

/** The catalogue is another one: its specification is not that of these scripts. */
export class OtherCatalogueError extends Error {
  readonly specification: string;
  constructor(specification: string) {
    super(`the catalogue there is that of ${specification}`);
    this.name = 'OtherCatalogueError';
    this.specification = specification;
  }
}

/** The catalogue with these requirements; what another import has put into it stays, and so do its comments. */
export function catalogueText(
  specification: string,
  name: string,
  requirements: readonly ImportedRequirement[],
  before: string | undefined,
): string {
  const document = before === undefined ? newCatalogue(specification, name) : parseDocument(before);
  const said =
    document.errors.length > 0 ? 'something that is no YAML' : String(document.get('specification'));
  if (said !== specification) throw new OtherCatalogueError(said);
  const list = document.get('requirements');
  if (!isSeq(list)) throw new OtherCatalogueError('something without requirements');
  for (const requirement of requirements) {
    const entry = document.createNode({
      id: requirement.id,
      section: requirement.section,
      level: 'MUST',
      summary: requirement.summary,
    });
    const at = list.items.findIndex((item) => isMap(item) && item.get('id') === requirement.id);
    if (at < 0) list.items.push(entry);
    else list.items[at] = entry;
  }
  return document.toString({ lineWidth: 0 });
}

function newCatalogue(specification: string, name: string): Document {
  const title = `What the Scansion scripts of ${name} ask for`;
  const document = new Document({ specification, title, requirements: [] });
  document.commentBefore = schemaLine;
  const list = document.get('requirements');
  if (isSeq(list)) list.flow = false;
  return document;
}
