import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceDirectory } from '../../../collector/src/engine/surroundings.ts';

const minute = 60_000;

void test('a source that all tenants share lives, and is silent, for each of them', () => {
  const sources = new SourceDirectory();
  assert.equal(sources.takeChanged('acme'), Infinity);
  sources.note('*', 'delegation_probe', 'probe', 0, true, minute);
  assert.equal(sources.takeChanged('acme'), 0);
  assert.equal(sources.takeChanged('acme'), Infinity);
  assert.deepEqual(sources.status('acme', 'delegation_probe', 1), {
    kind: 'delegation_probe',
    intervalMs: minute,
    alive: true,
  });
  assert.deepEqual(
    sources.kinds('acme', 1).map(({ kind }) => kind),
    ['delegation_probe'],
  );
  sources.note('*', 'delegation_probe', 'probe', 10 * minute, false, minute);
  assert.equal(sources.status('acme', 'delegation_probe', 11 * minute)?.alive, false);
  assert.equal(sources.takeChanged('acme'), 10 * minute);
  // A tenant that asks for the first time is told of everything before.
  assert.equal(sources.takeChanged('other'), 0);
  assert.equal(sources.takeChanged('other'), Infinity);
});

void test('an own source that lives makes up for a shared one that is silent', () => {
  const sources = new SourceDirectory();
  sources.note('*', 'rdap_poll', 'shared', 0, false, minute);
  sources.note('acme', 'rdap_poll', 'own', 0, true, 5 * minute);
  assert.equal(sources.status('acme', 'rdap_poll', 1)?.alive, true);
  assert.equal(sources.status('other', 'rdap_poll', 1)?.alive, false);
});

void test('silent time: 20 minutes away are 20 minutes; two sources are silent only together', () => {
  const sources = new SourceDirectory();
  sources.note('acme', 'registrar_audit', 'a', 0, true, minute);
  assert.equal(sources.silentMs('acme', 'registrar_audit', 0, 100 * minute), 0);
  sources.note('acme', 'registrar_audit', 'a', 30 * minute, false, minute);
  sources.note('acme', 'registrar_audit', 'a', 50 * minute, true, minute);
  assert.equal(sources.silentMs('acme', 'registrar_audit', 0, 100 * minute), 20 * minute);
  assert.equal(sources.silentMs('acme', 'registrar_audit', 40 * minute, 100 * minute), 10 * minute);
  assert.equal(sources.silentMs('acme', 'registrar_audit', 0, 40 * minute), 10 * minute);
  assert.equal(sources.silentMs('acme', 'ct_log', 0, 100 * minute), 0);
  sources.note('acme', 'registrar_audit', 'b', 0, true, minute);
  sources.note('acme', 'registrar_audit', 'b', 45 * minute, false, minute);
  assert.equal(sources.silentMs('acme', 'registrar_audit', 0, 100 * minute), 5 * minute);
});
