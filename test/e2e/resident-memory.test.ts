import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchRecords } from '../bench/bench-records.ts';
import { residentMemory } from '../bench/resident.ts';

test(
  'the program with 10,000 domains of a YAML file, caught up with its log, rests below 200 MB',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const domains = 10_000;
    const records = benchRecords('zonestream', 200, Date.now() - 3_600_000, domains);
    const { rest, peak } = await residentMemory(domains, [records], 0);
    t.diagnostic(`${rest} MB, at most ${peak} MB`);
    assert.ok(rest > 60 && rest < 200, `${rest} MB`);
  },
);
