import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceDirectory, Versions } from '../../../collector/src/engine/surroundings.ts';

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

void test('every reader of a table hears of every edit, however many read and however late', () => {
  const versions = new Versions('a');
  const before = versions.edits;
  versions.add(30, 'b');
  versions.noteChange(20);
  assert.equal(versions.changedAfter(before), 20);
  assert.equal(versions.changedAfter(before), 20, 'asking takes nothing away from the next reader');
  const later = versions.edits;
  assert.equal(versions.changedAfter(later), Infinity);
  versions.add(40, 'c');
  assert.deepEqual([versions.changedAfter(later), versions.changedAfter(before)], [40, 20]);
  for (let i = 0; i < 2_000; i++) versions.noteChange(50 + i);
  assert.equal(versions.changedAfter(before), -Infinity, 'whoever is far behind takes everything as changed');
  assert.equal(versions.changedAfter(versions.edits), Infinity);
});

void test('versions that ended before a moment are forgotten, the one that holds then is kept', () => {
  const versions = new Versions('a');
  for (const [fromMs, value] of [
    [10, 'b'],
    [20, 'c'],
  ] as const)
    versions.add(fromMs, value);
  versions.forget(15);
  assert.deepEqual([versions.at(5), versions.at(12), versions.at(20)], ['b', 'b', 'c']);
});

test('what is told long afterwards is seen by the steps that were not sealed then, and by no other', () => {
  const sources = new SourceDirectory();
  sources.note('acme', 'registrar_audit', 'a', 0, true, minute);
  // Told at minute 50, when everything up to minute 40 was sealed: silent from 10 to 30.
  sources.note('acme', 'registrar_audit', 'a', 10 * minute, false, minute, 7, 40 * minute);
  sources.note('acme', 'registrar_audit', 'a', 30 * minute, true, minute, 7, 40 * minute);
  assert.equal(sources.takeChanged('acme'), 0);
  assert.equal(sources.status('acme', 'registrar_audit', 20 * minute)?.alive, true, 'as it was sealed');
  assert.equal(sources.silentMs('acme', 'registrar_audit', 0, 39 * minute), 0);
  assert.equal(sources.silentMs('acme', 'registrar_audit', 0, 40 * minute), 20 * minute);

  const again = new SourceDirectory();
  again.restore(JSON.parse(JSON.stringify(sources.snapshot())) as ReturnType<typeof sources.snapshot>);
  assert.equal(again.silentMs('acme', 'registrar_audit', 0, 39 * minute), 0, 'also after a restart');
  assert.equal(again.silentMs('acme', 'registrar_audit', 0, 40 * minute), 20 * minute);

  again.note('acme', 'registrar_audit', 'a', 35 * minute, false, minute, 9, 45 * minute);
  assert.equal(again.takeChanged('acme'), 45 * minute, 'only later steps have to run again');
});

void test('a source that comes and goes without end is remembered within a bound, and what was forgotten is counted', () => {
  const sources = new SourceDirectory();
  for (let i = 0; i < 10_000; i++) sources.note('acme', 'ct_log', 'a', i * minute, i % 2 === 0, minute);
  const [[, , changes] = ['', '', []]] = sources.snapshot();
  assert.ok(changes.length <= 4_000, `${changes.length} changes`);
  assert.equal(changes.length + sources.dropped, 10_000);
  assert.equal(sources.status('acme', 'ct_log', 9_998.5 * minute)?.alive, true);
  assert.equal(sources.status('acme', 'ct_log', 9_999.5 * minute)?.alive, false);
  assert.equal(sources.silentMs('acme', 'ct_log', 9_990 * minute, 10_000 * minute), 5 * minute);
  assert.equal(sources.status('acme', 'ct_log', minute), undefined);
});
