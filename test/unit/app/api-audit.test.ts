import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCollector, tokenOf } from './running-collector.ts';

const admin = { token: tokenOf('acme', 'admin') };

test('the API says that the audit log is whole, and to administrators only', async () => {
  const running = await startCollector();
  try {
    const { status, body } = await running.call('GET', '/audit/verification', admin);
    assert.equal(status, 200);
    assert.deepEqual([body.ok, body.problems], [true, []]);
    assert.ok(body.entries >= 1);
    assert.ok(body.signed_entries <= body.entries);
    const refused = await running.call('GET', '/audit/verification', { token: tokenOf('acme', 'approver') });
    assert.equal(refused.status, 403);
  } finally {
    await running.stop();
  }
});

test('the API names the first entry that was touched on the disk', async () => {
  const running = await startCollector();
  try {
    for (const action of [1, 2, 3]) await running.call('GET', `/audit?limit=${action}`, admin);
    const path = join(running.data, 'audit/entries.ndjson');
    const lines = readFileSync(path, 'utf8').split('\n');
    // The second entry says something else now, with its old hash.
    lines[1] = (lines[1] ?? '').replace(/"object":"[^"]*"/, '"object":"nothing happened"');
    writeFileSync(path, lines.join('\n'));
    const { body } = await running.call('GET', '/audit/verification', admin);
    assert.equal(body.ok, false);
    assert.match(body.problems[0], /entry 1\b/);
  } finally {
    await running.stop();
  }
});
