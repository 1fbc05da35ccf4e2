import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openReadinessStore, type ReadinessStore } from '../../../collector/src/app/readiness-store.ts';
import {
  goodPlan,
  RestoreReadiness,
  type SeenControl,
} from '../../../collector/src/app/restore-readiness.ts';
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

function storeFor(t: TestContext): { path: string; open: () => ReadinessStore } {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-readiness-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'readiness.sqlite');
  const open = (): ReadinessStore => {
    const opened = openReadinessStore(path);
    assert.ok(opened.ok);
    t.after(() => {
      try {
        opened.value.close();
      } catch {
        // The test closed it.
      }
    });
    return opened.value;
  };
  return { path, open };
}

function desk(
  store: ReadinessStore,
  domains: readonly InventoryDomain[],
  answer: () => Outcome<Preview>,
  more: { executors?: readonly Executor[]; seen?: SeenControl } = {},
) {
  const clock = { nowMs: 1_800_000_000_000 };
  const readiness = new RestoreReadiness({
    store,
    executors: more.executors ?? [executor(answer)],
    ...(more.seen === undefined ? {} : { seen: more.seen }),
    inventory: () => ({
      version: 1,
      domains: [...domains],
      registrar_accounts: [{ id: 'reg/1', tenant: 'acme', emergency_contact: '+31 20 555 0100' }],
    }),
    around: {
      log: () => undefined,
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

test('ready, drifted, not ready, unknown, and why', async (t) => {
  let answer = unchanged();
  const { readiness } = desk(storeFor(t).open(), [entry], () => answer);
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

test('every domain is asked once a day', async (t) => {
  const stop = new AbortController();
  let asked = 0;
  const startMs = 1_800_000_000_000;
  const { readiness, clock } = desk(storeFor(t).open(), [entry, { ...entry, domain: 'pay.example' }], () => {
    asked++;
    if (clock.nowMs > startMs + 3.5 * 86_400_000) stop.abort();
    return unchanged();
  });
  await readiness.run(stop.signal);
  // Four rounds of two domains; the fifth begins and is told to stop.
  assert.equal(asked, 9);
});

test('a restart remembers what was said, asks again only when a day is over, and forgets names that are gone', async (t) => {
  const { open } = storeFor(t);
  const first = open();
  const before = desk(first, [entry], () => failed('unauthorised', 'the key may not update this zone'));
  await before.readiness.check(entry, new AbortController().signal);
  first.close();

  const stop = new AbortController();
  let asked = 0;
  const second = open();
  const after = desk(second, [entry], () => {
    asked++;
    stop.abort();
    return unchanged();
  });
  assert.equal(after.readiness.view(entry).state, 'not_ready');
  assert.match(after.readiness.view(entry).detail, /may not update/);
  const startMs = after.clock.nowMs;
  await after.readiness.run(stop.signal);
  assert.equal(asked, 1);
  assert.ok(after.clock.nowMs - startMs >= 86_400_000, 'a restart asks nobody twice a day');
  second.forget((_tenant, domain) => domain !== 'shop.example');
  assert.equal(second.get('acme', 'shop.example', 'records'), undefined);
});

const whole: InventoryDomain = {
  ...entry,
  registrar_account: 'reg/1',
  expect: { transfer_lock: true },
  approved: { ...entry.approved, nameservers: ['ns1.a.example', 'ns2.a.example'], ds: ['1 13 2 AB'] },
};

test('the plan has delegation, DS, records and lock; what nobody executes is a person’s, with the number to call', async (t) => {
  const seen: SeenControl = (_tenant, _domain, control) =>
    control === 'nameservers'
      ? { value: ['ns1.rogue.example'], atMs: 1_800_000_000_000 }
      : control === 'ds'
        ? { value: ['1 13 2 AB'], atMs: 1_800_000_000_000 }
        : undefined;
  const { readiness } = desk(storeFor(t).open(), [whole], () => unchanged(), { seen });
  await readiness.check(whole, new AbortController().signal);
  const { parts, state, changes } = readiness.view(whole);
  assert.deepEqual(
    parts.map((each) => [each.part, each.state, each.executor]),
    [
      ['delegation', 'by_hand', null],
      ['ds', 'by_hand', null],
      ['records', 'ready', 'primary'],
      ['lock', 'by_hand', null],
    ],
  );
  assert.match(parts[0]?.detail ?? '', /reg\/1: \+31 20 555 0100/);
  assert.deepEqual(parts[0]?.wanted, ['ns1.a.example', 'ns2.a.example']);
  assert.deepEqual(changes, ['delegation: ns1.rogue.example becomes ns1.a.example, ns2.a.example']);
  assert.equal(state, 'drifted', 'the records are ready, the delegation is not as approved');
});

test('the lock is asked at the registrar’s executor, and the worst part is the whole', async (t) => {
  const registrar: Executor = {
    id: 'reg',
    kinds: ['lock_transfer'],
    preview: () => Promise.resolve(failed('unauthorised', 'the token lost its scope')),
    carryOut: () => assert.fail('readiness only looks'),
  };
  const executors = [executor(() => unchanged()), registrar];
  const { readiness } = desk(storeFor(t).open(), [whole], () => unchanged(), { executors });
  await readiness.check(whole, new AbortController().signal);
  const view = readiness.view(whole);
  assert.deepEqual([view.state, view.detail], ['not_ready', 'the token lost its scope']);
  assert.equal(view.parts.find(({ part }) => part === 'lock')?.executor, 'reg');
});
