import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { intents } from '../../../collector/src/cli/intents.ts';
import { parseIntents } from '../../../collector/src/app/intents-file.ts';
import { UnusableInput } from '../../../collector/src/app/unusable-input.ts';
import { collectingIo } from './collecting-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'intents-'));
const inventory = join(folder, 'inventory.yaml');
writeFileSync(
  inventory,
  'version: 1\ntenants: [{id: acme}]\ndomains: [{domain: pay.example, tenant: acme, approved: {records: [{name: pay.example, type: A, values: [192.0.2.1]}]}}]\n',
);
const report = join(folder, 'report.json');
writeFileSync(
  report,
  JSON.stringify([
    {
      domain: 'pay.example',
      corrections: 2,
      provider: 'bind',
      correction_details: [
        '± MODIFY pay.example A (192.0.2.1 ttl=300) -> (192.0.2.9 ttl=300)',
        '+ CREATE x.pay.example A 192.0.2.4 ttl=300',
      ],
    },
  ]),
);

void test('prints an intents file that loads again; what was refused is on standard error', async () => {
  const io = collectingIo();
  const argv = [
    'import',
    '--from',
    'dnscontrol',
    '--inventory',
    inventory,
    '--valid-hours',
    '2',
    '--at',
    '2026-11-21T08:00:00Z',
    report,
  ];
  assert.equal(await intents(argv, io), 1);
  assert.match(io.errors(), /x\.pay\.example A has is not known/);
  const loaded = parseIntents('out', io.output());
  assert.ok(loaded.ok);
  assert.equal(loaded.intents[0]?.valid_until, '2026-11-21T10:00:00.000Z');
  assert.deepEqual(
    (parse(io.output()) as { intents: { changes: { new: unknown }[] }[] }).intents[0]?.changes[0]?.new,
    ['192.0.2.9'],
  );
});

void test('bad usage is one line', async () => {
  for (const argv of [
    [],
    ['import'],
    ['import', report],
    ['import', '--from', 'word', report],
    ['import', '--from', 'octodns', '--inventory', inventory, report],
  ])
    await assert.rejects(() => intents(argv, collectingIo()), UnusableInput);
});
