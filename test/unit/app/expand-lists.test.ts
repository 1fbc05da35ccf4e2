import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandListsOf, isExpandFile } from '../../../collector/src/app/expand-lists.ts';
import { compileRules } from '../../../collector/src/app/rule-files.ts';
import { UnusableInput } from '../../../collector/src/app/unusable-input.ts';

const rule = `title: Login from a listed network
id: 00000000-0000-4000-8000-00000000000a
description: d
logsource: {product: zonewarden}
detection: {s: {source_ip|expand: '%admin_networks%'}, condition: s}
`;

void test('lists stand beside the rules, by tenant', () => {
  const files = [
    { path: 'a/expand.yaml', text: 'acme: {admin_networks: [192.0.2.1]}' },
    { path: 'b/expand.yml', text: 'acme: {others: [x]}\nrival: {admin_networks: ["192.0.2.9"]}' },
  ];
  assert.deepEqual(expandListsOf(files), {
    acme: { admin_networks: ['192.0.2.1'], others: ['x'] },
    rival: { admin_networks: ['192.0.2.9'] },
  });
  assert.equal(isExpandFile({ path: 'expand.yaml' }), true);
  assert.equal(isExpandFile({ path: 'my-expand.yaml' }), false);
});

void test('a rule with a placeholder matches what the tenant lists, and nobody else’s', () => {
  const { ruleSet } = compileRules([
    { path: 'r.yaml', text: rule },
    {
      path: 'expand.yaml',
      text: 'acme: {admin_networks: [192.0.2.1]}\nrival: {admin_networks: [192.0.2.9]}',
    },
  ]);
  const [loaded] = ruleSet.rules;
  assert.ok(loaded?.kind === 'rule');
  assert.equal(loaded.rule.test({ tenant: 'acme', source_ip: '192.0.2.1' }), true);
  assert.equal(loaded.rule.test({ tenant: 'acme', source_ip: '192.0.2.9' }), false);
  assert.equal(loaded.rule.test({ tenant: 'rival', source_ip: '192.0.2.9' }), true);
});

void test('a broken list file is named', () => {
  for (const text of ['acme: [a]', 'acme: {x: [1]}', 'a: b: c', '[]'])
    assert.throws(() => expandListsOf([{ path: 'expand.yaml', text }]), UnusableInput, text);
});
