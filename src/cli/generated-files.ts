import { fileURLToPath } from 'node:url';
import { dialectSchema } from '../binding/dialect.schema.ts';
import { recordSchema } from '../record/record.schema.ts';
import { recordSetSchema } from '../record/record-set.ts';
import { knownFailingSchema } from '../run/known-failing.ts';
import { catalogueSchema } from '../suite/catalogue.schema.ts';
import { publishedSuiteSchema } from '../suite/published-schema.ts';
import { targetSchema } from '../target/target.schema.ts';
import { referencePage } from '../vocabulary/reference-page.ts';
import { commandsPage, errorsPage } from './docs.ts';

/** A file that is made from the sources, and lies in the repository so that editors and readers find it. */
export interface GeneratedFile {
  /** From the root of the repository. */
  path: string;
  /** Absolute. */
  file: string;
  /** The JSON Schema that the file holds, where it holds one. */
  schema?: object;
  text(): string | Promise<string>;
}

const root = new URL('../../', import.meta.url);

function schemaFile(path: string, schema: object): GeneratedFile {
  const text = () => `${JSON.stringify(schema, null, 2)}\n`;
  return { path, file: fileURLToPath(new URL(path, root)), schema, text };
}

function page(path: string, text: GeneratedFile['text']): GeneratedFile {
  return { path, file: fileURLToPath(new URL(path, root)), text };
}

/** Every generated file; `npm run generate` writes them, a test says when one is stale. */
export function generatedFiles(): GeneratedFile[] {
  return [
    page('suites/VERBS.md', referencePage),
    page('docs/commands.md', commandsPage),
    page('docs/errors.md', errorsPage),
    schemaFile('src/suite/suite.schema.json', publishedSuiteSchema()),
    schemaFile('src/suite/requirements.schema.json', catalogueSchema),
    schemaFile('src/target/target.schema.json', targetSchema),
    schemaFile('src/record/record.schema.json', recordSchema),
    schemaFile('src/record/record-set.schema.json', recordSetSchema),
    schemaFile('src/run/known-failing.schema.json', knownFailingSchema),
    schemaFile('src/binding/dialect.schema.json', dialectSchema),
  ];
}
