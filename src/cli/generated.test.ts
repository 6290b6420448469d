import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkSuites, ownSuites } from '../suite/load-suites.ts';
import { vocabularies } from '../vocabulary/vocabularies.ts';
import { generatedFiles } from './generated-files.ts';

/** Editors' own keyword for snippets; to validators it is a note. */
function newAjv(): Ajv2020 {
  return new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false }).addKeyword(
    'defaultSnippets',
  );
}

describe('generated files', () => {
  it.each(generatedFiles())('$path is up to date', async ({ path, file, text }) => {
    const current = existsSync(file) && readFileSync(file, 'utf8') === (await text());
    expect(current, `${path} is stale: run \`npm run generate\` and commit what it writes`).toBe(true);
  });

  it.each(generatedFiles().filter((one) => one.schema))('$path is a JSON Schema', ({ schema }) => {
    expect(() => newAjv().compile(schema ?? {})).not.toThrow();
  });

  const taking = vocabularies.flatMap(({ name, verbs }) =>
    verbs.flatMap(({ phrase, takes }) => (takes === undefined ? [] : [{ name, phrase, takes }])),
  );
  it.each(taking)('what "$phrase" ($name) takes is a JSON Schema', ({ takes }) => {
    expect(() => newAjv().compile(takes as object)).not.toThrow();
  });
});

describe('the published schemas and the loader agree', async () => {
  const { files } = await checkSuites([ownSuites]);
  const compile = (path: string) => {
    const generated = generatedFiles().find((one) => one.path === path);
    return newAjv().compile(generated?.schema ?? false);
  };
  const suite = compile('src/suite/suite.schema.json');
  const catalogue = compile('src/suite/requirements.schema.json');

  it.each(files.map((file) => ({ file, name: relative(ownSuites, file) })))('about $name', ({ file }) => {
    const validate = file.endsWith('requirements.yaml') ? catalogue : suite;
    const value: unknown = parse(readFileSync(file, 'utf8'));
    validate(value);
    const found = (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
    expect(found.slice(0, 12)).toEqual([]);
  });
});
