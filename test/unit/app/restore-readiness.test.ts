import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goodPlan, RestoreReadiness } from '../../../collector/src/app/restore-readiness.ts';
import type { Executor, Preview } from '../../../collector/src/8-sink/action/executor.ts';
import type { InventoryDomain } from '../../../collector/src/contract/inventory.ts';
import { failed, succeeded, type Outcome } from '../../../collector/src/contract/outcome.ts';

const entry: InventoryDomain = {
  domain: 'shop.example',
  tenant: 'acme',
  dns_provider: 'primary',
  approved: {
    records: [
      { name: 'www.shop.example', type: 'A', values: ['192.0.2.2', '192.0.2.1'] },
      { name: '*.shop.example', type: 'A', values: ['192.0.2.3'] },
    ],
  },
};

function executor(answer: () => Outcome<Preview>): Executor {
  return {
    id: 'primary',
    kinds: ['set_records'],
    preview: () => Promise.resolve(answer()),
    carryOut: () => assert.fail('readiness only looks'),
  };
}

function desk(domains: readonly InventoryDomain[], answer: () => Outcome<Preview>) {
  const clock = { nowMs: 1_800_000_000_000 };
  const readiness = new RestoreReadiness({
    executors: [executor(answer)],
    inventory: () => ({ version: 1, domains: [...domains] }),
    around: {
      nowMs: () => clock.nowMs,
      sleep: (ms, signal) => {
        clock.nowMs += ms;
        return signal.aborted ? Promise.reject(new Error('over')) : Promise.resolve();
      },
    },
  });
  return { readiness, clock };
}

const unchanged = (changes: string[] = []): Outcome<Preview> =>
  succeeded({ changes, before: { records: [] } });

test('what is approved is the plan; wildcards stay out', () => {
  assert.deepEqual(goodPlan(entry), {
    kind: 'set_records',
    zone: 'shop.example',
    records: [{ name: 'www.shop.example', type: 'A', values: ['192.0.2.1', '192.0.2.2'] }],
  });
  assert.equal(goodPlan({ domain: 'a.example', tenant: 'acme' }), undefined);
});

test('ready, drifted, not ready, unknown, and why', async () => {
  let answer = unchanged();
  const { readiness } = desk([entry], () => answer);
  const { signal } = new AbortController();
  assert.equal(readiness.view(entry).state, 'unknown');
  assert.equal(await readiness.check(entry, signal), true);
  assert.deepEqual(
    [readiness.view(entry).state, readiness.view(entry).checked_at],
    ['ready', '2027-01-15T08:00:00.000Z'],
  );
  answer = unchanged(['www.shop.example A: 203.0.113.9 becomes 192.0.2.1']);
  await readiness.check(entry, signal);
  assert.equal(readiness.view(entry).state, 'drifted');
  assert.equal(readiness.view(entry).changes.length, 1);
  answer = failed('unauthorised', 'the server answered REFUSED: the key may not update this zone');
  await readiness.check(entry, signal);
  assert.equal(readiness.view(entry).state, 'not_ready');
  assert.match(readiness.view(entry).detail, /may not update/);
  const { dns_provider: _provider, ...elsewhere } = entry;
  assert.match(readiness.view(elsewhere).detail, /no executor/);
  assert.equal(await readiness.check(elsewhere, signal), false);
  const { approved: _approved, ...bare } = entry;
  assert.match(readiness.view(bare).detail, /nothing to go back to/);
});

test('every domain is asked once a day', async () => {
  const stop = new AbortController();
  let asked = 0;
  const startMs = 1_800_000_000_000;
  const { readiness, clock } = desk([entry, { ...entry, domain: 'pay.example' }], () => {
    asked++;
    if (clock.nowMs > startMs + 3.5 * 86_400_000) stop.abort();
    return unchanged();
  });
  await readiness.run(stop.signal);
  // Four rounds of two domains; the fifth begins and is told to stop.
  assert.equal(asked, 9);
});
