import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  openActionStore,
  type ActionStore,
  type NewAction,
} from '../../../collector/src/app/action-store.ts';

const leaseMs = 60_000;

function opened(t: TestContext): { store: ActionStore; again: () => ActionStore } {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-actions-'));
  const stores: ActionStore[] = [];
  t.after(() => {
    for (const store of stores) store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const again = (): ActionStore => {
    const outcome = openActionStore(join(directory, 'actions.sqlite'));
    assert.ok(outcome.ok);
    stores.push(outcome.value);
    return outcome.value;
  };
  return { store: again(), again };
}

function action(id: string, proposedAtMs = 1): NewAction {
  return {
    id,
    tenant: 'acme',
    caseId: 'case-1',
    findingIds: ['f-1'],
    what: 'lock it',
    executor: 'registrar',
    plan: { kind: 'lock_transfer', domain: 'shop.example' },
    preview: { changes: ['the lock goes on'], before: { locked: false } },
    destructive: false,
    proposedBy: 'okta:jane',
    proposedAtMs,
  };
}

test('only what was approved is leased, oldest first, and one attempt at a time', (t) => {
  const { store, again } = opened(t);
  store.add(action('b', 2));
  store.add(action('a', 1));
  store.add({ ...action('a'), what: 'something else' });
  assert.equal(store.get('a')?.what, 'lock it', 'a repetition changes nothing');
  assert.equal(store.lease(1000, leaseMs), undefined);
  store.decide('b', 'approved');
  store.decide('a', 'approved');
  assert.equal(store.lease(1000, leaseMs)?.id, 'a');
  const other = again();
  assert.equal(other.lease(1000, leaseMs)?.id, 'b', 'another connection gets the other one');
  assert.equal(other.lease(1000 + leaseMs - 1, leaseMs), undefined);
  assert.equal(store.lease(1000 + leaseMs, leaseMs)?.attempts, 2, 'a lease that ran out is taken up');
});

test('a new process takes up what the old one left, and finished things stay finished', (t) => {
  const { store } = opened(t);
  for (const id of ['a', 'b', 'c']) {
    store.add(action(id));
    store.decide(id, 'approved');
  }
  for (let n = 0; n < 3; n++) store.lease(1000, leaseMs);
  store.finish('a', 'executed', 'done', 2000);
  store.finish('a', 'failed', 'too late', 3000);
  assert.deepEqual([store.get('a')?.state, store.get('a')?.result], ['executed', 'done']);
  store.retry('b', 'busy', 9000);
  store.releaseLeases();
  assert.equal(store.lease(2000, leaseMs)?.id, 'c');
  assert.equal(store.lease(8999, leaseMs), undefined, 'b waits');
  assert.equal(store.lease(9000, leaseMs)?.id, 'b');
  assert.deepEqual(
    store.untold().map(({ id }) => id),
    ['a'],
  );
  store.markTold('a');
  assert.deepEqual(store.untold(), []);
  store.confirm('b', 'nobody');
  assert.equal(store.get('b')?.state, 'running', 'only what was executed is confirmed');
  store.confirm('a', 'answer_probe');
  assert.deepEqual([store.get('a')?.state, store.get('a')?.confirmedBy], ['confirmed', 'answer_probe']);
});

test('a rejection before the act is final', (t) => {
  const { store } = opened(t);
  store.add(action('a'));
  store.decide('a', 'rejected');
  store.decide('a', 'approved');
  assert.equal(store.get('a')?.state, 'rejected');
  store.add(action('b'));
  store.decide('b', 'approved');
  store.withdraw('b');
  assert.equal(store.lease(1000, leaseMs), undefined);
  store.add(action('c'));
  store.decide('c', 'approved');
  store.lease(1000, leaseMs);
  store.finish('c', 'executed', 'done', 2000);
  store.withdraw('c');
  assert.equal(store.get('c')?.state, 'executed', 'what was done cannot be withdrawn');
});
