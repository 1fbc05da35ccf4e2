/** `rules match --raw` on records that do not look like ours: own ids, epoch times, filters. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { rules } from '../../../collector/src/cli/rules.ts';
import { collectingIo } from './collecting-io.ts';

const failedLogin = `title: failed login
name: failed
logsource: {product: windows}
detection:
  s: {event_id: 4625}
  condition: s
`;

async function matched(rulesText: string, records: readonly object[]) {
  const folder = mkdtempSync(join(tmpdir(), 'zonewarden-raw-'));
  try {
    writeFileSync(join(folder, 'rules.yml'), rulesText);
    writeFileSync(
      join(folder, 'events.ndjson'),
      records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    );
    const io = collectingIo();
    const exit = await rules(
      ['match', '--rules', join(folder, 'rules.yml'), '--events', join(folder, 'events.ndjson'), '--raw'],
      io,
    );
    const lines = io.output().split('\n').filter(Boolean);
    const found = lines.map((line) => JSON.parse(line) as { title: string; matches: number });
    return {
      exit,
      errors: io.errors(),
      found: Object.fromEntries(found.map(({ title, matches }) => [title, matches])),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const burst = `${failedLogin}---
title: burst
correlation: {type: event_count, rules: [failed], group-by: [user], timespan: 1m, condition: {gte: 3}}
`;

void test('a correlation reads the event_id of the record and its epoch time', async () => {
  const at = (ts: number) => ({ event_id: 4625, user: 'alice', ts, event_type: 7, tenant: 5, feature: 'x' });
  const close = await matched(burst, [at(1_700_000_000), at(1_700_000_020), at(1_700_000_060)]);
  assert.deepEqual(close.found, { 'failed login': 3, burst: 1 });
  const apart = await matched(burst, [at(1_700_000_000), at(1_700_000_020), at(1_700_000_061)]);
  assert.deepEqual(apart.found, { 'failed login': 3 });
});

void test('a filter takes matches out, and says how many', async () => {
  const filter = `---
title: no service accounts
logsource: {product: windows}
filter:
  rules: [failed]
  service: {user|startswith: svc_}
  condition: not service
`;
  const records = ['svc_a', 'svc_b', 'alice'].map((user, i) => ({
    event_id: 4625,
    user,
    time: `2026-01-01T00:00:0${i}`,
  }));
  const { found, errors, exit } = await matched(failedLogin + filter, records);
  assert.deepEqual(found, { 'failed login': 1 });
  assert.equal(errors, 'note: failed login: filters take out 2 of 3 matches\n');
  assert.equal(exit, 0);
  const grouped = await matched(
    `${burst.replace('group-by: [user]', 'group-by: [event_type]')}${filter}`,
    records.map((record) => ({ ...record, event_type: 'login' })),
  );
  assert.deepEqual(grouped.found, { 'failed login': 1 });
});
