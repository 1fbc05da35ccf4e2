/** What is published over restarts, and when another owner goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Publication } from '../../../collector/src/engine/publication.ts';
import type { Published } from '../../../collector/src/engine/statement.ts';
import { sha256Hex } from '../../../collector/src/leaf/sha256.ts';
import { caseOf, findingOf, said } from './published-words.ts';

test('public ids survive a restart', () => {
  const publication = new Publication(sha256Hex);
  publication.preliminary(caseOf('case-a', ['f1']), 10);
  publication.announceTakeBack(['c/case-a']);
  publication.preliminary(caseOf('case-b', ['f1']), 12);
  publication.takeBackAnnounced();
  said(publication);
  const next = new Publication(sha256Hex);
  next.restore(publication.snapshot());
  next.restorePublicIds(publication.publicIds());
  next.preliminary(caseOf('case-b', ['f1'], 'critical'), 13);
  assert.deepEqual(said(next), [['case-a', 1, 'new', 'critical']]);
});

/** What an earlier life told the outside, as its signal log holds it. */
function told(id: string, title: string, revision: number): Published {
  const statement = findingOf(id, null, title);
  if (statement.kind !== 'finding') throw new Error('no finding');
  return { kind: 'finding', finding: { ...statement.finding, revision, preliminary: true } };
}

test('what an earlier life said and this one never says is retracted once the watermark has passed', () => {
  const publication = new Publication(sha256Hex);
  publication.recall(told('f1', 'phantom', 2), 100);
  publication.passed(100);
  assert.deepEqual(said(publication), []);
  assert.equal(publication.hasRecalled, true);
  publication.passed(101);
  assert.deepEqual(said(publication), [['f1', 3, 'retracted', null]]);
  assert.equal(publication.hasRecalled, false);
});

test('said again with the same content it is settled, and no revision is used twice for different words', () => {
  const publication = new Publication(sha256Hex);
  publication.recall(told('f1', 'b', 1), 100);
  publication.sealed(findingOf('f1', null, 'a'), 10);
  publication.sealed(findingOf('f1', null, 'b'), 20);
  assert.deepEqual(said(publication), [
    ['f1', 0, 'open', null],
    ['f1', 1, 'open', null],
  ]);
  assert.equal(publication.hasRecalled, false);
  publication.passed(500);
  assert.deepEqual(said(publication), []);
});

test('said otherwise, the last word of this life goes out above what the outside knows', () => {
  const publication = new Publication(sha256Hex);
  publication.recall(told('f1', 'wrong', 4), 100);
  publication.sealed(findingOf('f1', null, 'right'), 10);
  assert.deepEqual(said(publication), [['f1', 0, 'open', null]]);
  publication.passed(101);
  assert.deepEqual(said(publication), [['f1', 5, 'open', null]]);
  publication.sealed(findingOf('f1', null, 'right'), 120);
  assert.deepEqual(said(publication), []);
});

test('a finding of the checkpoint that was only corrected for a while is not retracted', () => {
  const publication = new Publication(sha256Hex);
  publication.restore([['f/f1', 'digest of the checkpoint', 1, 5]]);
  publication.recall(told('f1', 'passing', 2), 100, findingOf('f1', null, 'lasting'));
  publication.passed(101);
  assert.deepEqual(said(publication), [['f1', 3, 'open', null]]);
});

test('what only the preliminary lane had said at a checkpoint is retracted when nobody says it again', () => {
  const before = new Publication(sha256Hex);
  before.preliminary(findingOf('f1', null), 10);
  assert.deepEqual(before.unsettledIds(), ['f/f1']);
  const after = new Publication(sha256Hex);
  after.restore(before.snapshot());
  after.restoreUnsettled(before.take());
  after.passed(11);
  assert.deepEqual(said(after), [['f1', 1, 'retracted', null]]);
});

test('a sealed case is not closed by a preliminary update after a restart, whether its sealed word is known or not', () => {
  for (const isKnown of [true, false]) {
    const before = new Publication(sha256Hex);
    before.sealed(caseOf('case-a', ['f1']), 10);
    before.preliminary(caseOf('case-a', ['f1', 'f2'], 'critical'), 30);
    said(before);
    const next = new Publication(sha256Hex);
    next.restore(before.snapshot());
    next.restoreUnsettled(before.unsettled());
    if (isKnown) next.restoreOvertaken(before.overtaken());
    next.passed(40);
    assert.deepEqual(said(next), isKnown ? [['case-a', 2, 'new', 'high']] : []);
  }
});

test('a sealed word that a restart forgot holds once more when an early word over it is taken back', () => {
  for (const from of ['the host', 'a checkpoint']) {
    const before = new Publication(sha256Hex);
    before.sealed(caseOf('case-a', ['f1']), 10);
    const [word] = before.take();
    const next = new Publication(sha256Hex);
    next.restore(before.snapshot());
    if (from === 'the host') next.wordOf = (id) => (id === 'c/case-a' ? word : undefined);
    else next.restoreOvertaken(before.standing());
    next.preliminary(caseOf('case-a', ['f1', 'f2'], 'critical'), 30);
    next.passed(40);
    assert.deepEqual(
      said(next),
      [
        ['case-a', 1, 'new', 'critical'],
        ['case-a', 2, 'new', 'high'],
      ],
      from,
    );
  }
});

test('what the host remembers is no sealed word when it is another one', () => {
  const before = new Publication(sha256Hex);
  before.sealed(caseOf('case-a', ['f1']), 10);
  const next = new Publication(sha256Hex);
  next.restore(before.snapshot());
  next.wordOf = () => caseOf('case-a', ['f1', 'f3'], 'low');
  next.preliminary(caseOf('case-a', ['f1', 'f2'], 'critical'), 30);
  next.passed(40);
  assert.deepEqual(said(next), [['case-a', 1, 'new', 'critical']]);
});

test('a successor says higher revisions, and takes back what only the one before it said', () => {
  const before = new Publication(sha256Hex);
  before.revisionFloor = 40;
  before.preliminary(findingOf('f1', 'case-a'), 100);
  before.preliminary(findingOf('f2', 'case-a'), 100);
  before.preliminary(caseOf('case-a', ['f1', 'f2']), 100);
  const early = before.takeEarly();
  assert.equal(early.length, 3);
  assert.equal(before.take().length, 3);
  // Its last checkpoint was before all of that; it goes on from an earlier place, reads what was about to be said, and sees f1 alone.
  const next = new Publication(sha256Hex);
  next.revisionFloor = 30;
  for (const word of early) next.foretell(word);
  next.preliminary(findingOf('f1', 'case-b'), 100);
  next.preliminary(caseOf('case-b', ['f1']), 100);
  next.sealed(findingOf('f1', 'case-b'), 100);
  next.sealed(caseOf('case-b', ['f1']), 100);
  next.passed(200);
  assert.deepEqual(said(next), [
    ['f1', 41, 'open', 'case-b'],
    ['case-a', 41, 'new', 'high'],
    ['f1', 42, 'open', 'case-a'],
    ['f2', 41, 'retracted', 'case-a'],
  ]);
});
