import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { errorPage } from '../../../collector/src/app/error-page.ts';
import { schemaFiles } from '../../../collector/src/app/schema-files.ts';

const folder = new URL('../../../docs/schema/', import.meta.url);

test('docs/schema is what the contract says now; run "npm run generate" after a change', () => {
  const files = schemaFiles();
  assert.deepEqual(readdirSync(folder).sort(), [...files.keys()]);
  for (const [name, text] of files) assert.equal(readFileSync(new URL(name, folder), 'utf8'), text, name);
});

test('what has a default is not required; what has none is', () => {
  const config = JSON.parse(schemaFiles().get('config.json') ?? '') as {
    required?: string[];
    properties: { sources: { items: { anyOf: { required: string[] }[] } } };
  };
  assert.equal(config.required, undefined);
  assert.deepEqual(config.properties.sources.items.anyOf[0]?.required, ['id', 'feed']);
});

test('docs/errors.md lists every code as the contract has it', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  assert.equal(page, errorPage());
});
