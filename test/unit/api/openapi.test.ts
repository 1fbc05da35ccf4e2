import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { endpoints } from '../../../collector/src/contract/api.ts';
import { openApiDocument } from '../../../collector/src/api/openapi.ts';
import { apiPage, openApiText } from '../../../collector/src/app/api-page.ts';

test('docs/openapi.json and docs/api.md are what the table says now; run "npm run generate" after a change', () => {
  for (const [name, text] of [
    ['openapi.json', openApiText()],
    ['api.md', apiPage()],
  ] as const)
    assert.equal(readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8'), text, name);
});

test('every endpoint is an operation with its own id, role, parameters and shapes', () => {
  const document = openApiDocument(endpoints, '1') as {
    paths: Record<string, Record<string, any>>;
  };
  const ids = new Set<string>();
  for (const { method, path, role, body } of endpoints) {
    const operation = document.paths[path]?.[method.toLowerCase()];
    assert.ok(operation !== undefined, path);
    ids.add(operation.operationId);
    assert.equal(operation['x-role'], role);
    const inPath = operation.parameters.filter((one: { in: string }) => one.in === 'path');
    assert.equal(inPath.length, [...path.matchAll(/\{/g)].length, path);
    assert.equal(operation.requestBody === undefined, body === undefined, path);
    assert.ok(operation.responses['200'].content !== undefined);
  }
  assert.equal(ids.size, endpoints.length);
});
