import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configSections } from '../../../collector/src/app/config-meanings.ts';
import { configurationPage } from '../../../collector/src/app/config-page.ts';
import { sinkSchemas } from '../../../collector/src/app/config-sinks.ts';
import { sourceSchemas } from '../../../collector/src/app/config-sources.ts';
import { featuresPage } from '../../../collector/src/app/features-page.ts';
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

test('docs/features.md says of every feature what the contract has', () => {
  const page = readFileSync(new URL('../../../docs/features.md', import.meta.url), 'utf8');
  assert.equal(page, featuresPage());
});

test('every configuration key has its sentence, and every sentence its key', () => {
  for (const { title, schema, keys } of configSections)
    assert.deepEqual(
      Object.keys(keys).sort(),
      Object.keys((schema as { properties: object }).properties).sort(),
      title,
    );
  const described = new Set(configSections.map(({ schema }) => schema));
  for (const schema of [...Object.values(sourceSchemas), ...Object.values(sinkSchemas)])
    assert.ok(described.has(schema), 'a source or sink without a section');
});

test('docs/configuration.md is current, and the published schema carries the sentences', () => {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  assert.equal(page, configurationPage());
  assert.match(page, /\| `listen` \| text \| `"127\.0\.0\.1:8470"` \| Address of console/);
  assert.match(page, /\| `secret` \| secret \| none \| The shared secret/);
  assert.match(schemaFiles().get('config.json') ?? '', /"description": "Address of console/);
  assert.match(schemaFiles().get('config.json') ?? '', /"description": "How deliveries are proven/);
});
