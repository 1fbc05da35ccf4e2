import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { contractTypes, typeText } from '../../../collector/src/app/contract-types.ts';
import { endpoints } from '../../../collector/src/contract/api.ts';

test('schemas become types', () => {
  assert.equal(typeText({ type: 'integer' }), 'number');
  assert.equal(typeText({ anyOf: [{ type: 'string' }, { type: 'null' }] }), '(string | null)');
  assert.equal(typeText({ enum: ['a', "b'c", 1] }), "('a' | 'b\\'c' | 1)");
  assert.equal(typeText({ const: true }), 'true');
  assert.equal(typeText({}), 'unknown');
  assert.equal(typeText({ type: ['string', 'null'] }), '(string | null)');
  assert.equal(typeText({ type: 'array', items: { type: 'string' } }), 'ReadonlyArray<string>');
  assert.equal(
    typeText({ type: 'array', items: [{ type: 'string' }, { type: 'number' }] }),
    'readonly [string, number]',
  );
  assert.equal(typeText({ allOf: [{ type: 'string' }, {}] }), '(string & unknown)');
  assert.equal(
    typeText({
      type: 'object',
      required: ['a'],
      properties: { a: { type: 'string' }, 'b-c': { type: 'boolean' } },
    }),
    "{\n  readonly a: string;\n  readonly 'b-c'?: boolean;\n}",
  );
  assert.equal(
    typeText({ type: 'object', patternProperties: { '^.*$': { type: 'number' } } }),
    'Readonly<Record<string, number>>',
  );
  assert.equal(typeText({ type: 'object' }), 'Readonly<Record<string, unknown>>');
});

test('the types of the plugin are those of the contract', async () => {
  const file = new URL('../../../grafana-plugin/src/api/contract.gen.ts', import.meta.url);
  assert.equal(await readFile(file, 'utf8'), contractTypes(endpoints), 'run npm run generate');
});
