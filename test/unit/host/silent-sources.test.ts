import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceDirectory } from '../../../collector/src/engine/surroundings.ts';
import { SilentSources } from '../../../collector/src/host/silent-sources.ts';

const source = { tenant: 't', id: 'z', feed: 'zonestream', kind: 'zone_feed', intervalMs: 1000 } as const;

test('silence is answered by place of the log, also when later places were read already', () => {
  const silences = new SilentSources();
  silences.note(source, 5, true);
  silences.note(source, 9, false);
  assert.deepEqual(
    [5, 6, 9, 10].map((sequence) => silences.before(source, sequence)),
    [false, true, true, false],
  );
  const restored = new SilentSources();
  restored.restore(silences.snapshotAt(7));
  assert.equal(restored.before(source, 7), true);
  restored.note(source, 9, false);
  assert.deepEqual([restored.before(source, 9), restored.before(source, 10)], [true, false]);
});

test('two sources of one kind are silent each for itself', () => {
  const silences = new SilentSources();
  silences.note(source, 1, true);
  silences.note({ ...source, id: 'other' }, 2, false);
  assert.equal(silences.before(source, 3), true);
});

test('a checkpoint keeps of the directory what stood before its place: a gap logged later is not known yet', () => {
  const first = new SourceDirectory();
  first.note('t', 'zone_feed', 'z', 0, true, 1000, 1);
  // Place 5 says at 100 that it lives; place 9 that it was silent from 90 on.
  first.note('t', 'zone_feed', 'z', 100, true, 1000, 5);
  first.note('t', 'zone_feed', 'z', 90, false, 1000, 9);
  first.note('t', 'zone_feed', 'z', 200, true, 1000, 9);
  const again = new SourceDirectory();
  again.restore(first.snapshot(5));
  again.note('t', 'zone_feed', 'z', 100, true, 1000, 5);
  again.note('t', 'zone_feed', 'z', 90, false, 1000, 9);
  again.note('t', 'zone_feed', 'z', 200, true, 1000, 9);
  assert.deepEqual(again.snapshot(), first.snapshot());
  assert.equal(again.status('t', 'zone_feed', 150)?.alive, false);
});
