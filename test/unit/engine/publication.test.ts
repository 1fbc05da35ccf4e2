/** What is published of two lanes: each word once, corrected, taken back, and forgotten in the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case } from '../../../collector/src/contract/case.ts';
import { Publication } from '../../../collector/src/engine/publication.ts';
import type { Published } from '../../../collector/src/engine/statement.ts';
import { sha256Hex } from '../../../collector/src/leaf/sha256.ts';
import { caseOf, findingOf, said } from './published-words.ts';

test('a repetition is silent, a correction raises the revision', () => {
  const publication = new Publication(sha256Hex);
  publication.preliminary(findingOf('f1', null), 10);
  publication.preliminary(findingOf('f1', null), 10);
  publication.preliminary(findingOf('f1', null, 'other'), 11);
  assert.deepEqual(said(publication), [
    ['f1', 0, 'open', null],
    ['f1', 1, 'open', null],
  ]);
});

test('the sealed lane confirms in silence, and has the last word when it differs', () => {
  const publication = new Publication(sha256Hex);
  publication.preliminary(findingOf('f1', null), 10);
  publication.preliminary(findingOf('f2', null), 10);
  said(publication);
  publication.sealed(findingOf('f1', null), 10);
  publication.sealed(findingOf('f2', null, 'as it really was'), 10);
  publication.passed(20);
  assert.deepEqual(said(publication), [['f2', 1, 'open', null]]);
});

test('what only the preliminary lane said is withdrawn when the watermark passes it', () => {
  const publication = new Publication(sha256Hex);
  publication.preliminary(findingOf('f1', null), 10);
  said(publication);
  publication.passed(10);
  assert.deepEqual(said(publication), []);
  publication.passed(11);
  assert.deepEqual(said(publication), [['f1', 1, 'retracted', null]]);
});

test('a case whose key changed keeps the id people know, and nothing is closed', () => {
  const publication = new Publication(sha256Hex);
  publication.preliminary(caseOf('case-a', ['f1', 'f2']), 10);
  said(publication);
  // A straggler makes f0 the first finding: the engine now calls the case otherwise.
  publication.announceTakeBack(['c/case-a']);
  publication.preliminary(caseOf('case-b', ['f0', 'f1', 'f2'], 'critical'), 12);
  publication.preliminary(findingOf('f1', 'case-b'), 12);
  publication.takeBackAnnounced();
  assert.deepEqual(said(publication), [
    ['case-a', 1, 'new', 'critical'],
    ['f1', 0, 'open', 'case-a'],
  ]);
  publication.sealed(caseOf('case-b', ['f0', 'f1', 'f2'], 'critical'), 12);
  publication.sealed(findingOf('f1', 'case-b'), 12);
  publication.passed(30);
  assert.deepEqual(said(publication), []);
  assert.equal(publication.publicCaseId('case-b'), 'case-a');
});

test('a case that really vanished is closed once', () => {
  const publication = new Publication(sha256Hex);
  publication.preliminary(caseOf('case-a', ['f1']), 10);
  said(publication);
  publication.announceTakeBack(['c/case-a']);
  publication.preliminary(caseOf('case-b', ['f9']), 12);
  publication.takeBackAnnounced();
  assert.deepEqual(said(publication), [
    ['case-b', 0, 'new', 'high'],
    ['case-a', 1, 'closed', 'high'],
  ]);
});

test('two cases that the sealed lane makes of one preliminary case are both said, under names of their own', () => {
  for (const sealedMs of [5, 10, 15]) {
    const publication = new Publication(sha256Hex);
    publication.preliminary(caseOf('case-x', ['f1', 'f2']), 10);
    said(publication);
    publication.sealed(caseOf('case-a', ['f1']), sealedMs);
    publication.sealed(caseOf('case-b', ['f2'], 'low'), sealedMs);
    publication.passed(30);
    const standing = new Map<string, string>();
    for (const one of publication.take())
      if (one.kind === 'case') standing.set(one.case.case_id, one.case.finding_ids.join());
    assert.deepEqual([...standing.values()].sort(), ['f1', 'f2'], `sealed at ${sealedMs}`);
    assert.equal(publication.publicCaseId('case-a'), 'case-x', 'the first keeps the id that people know');
    assert.notEqual(publication.publicCaseId('case-b'), 'case-x');
  }
});

test('what the preliminary lane adds to a sealed case and takes back leaves the sealed word standing', () => {
  for (const how of ['taken back', 'never sealed']) {
    const publication = new Publication(sha256Hex);
    publication.sealed(caseOf('case-a', ['f1']), 10);
    publication.passed(20);
    publication.preliminary(caseOf('case-a', ['f1', 'f2'], 'critical'), 30);
    if (how === 'taken back') {
      publication.announceTakeBack(['c/case-a']);
      publication.takeBackAnnounced();
    } else publication.passed(40);
    assert.deepEqual(
      said(publication),
      [
        ['case-a', 0, 'new', 'high'],
        ['case-a', 1, 'new', 'critical'],
        ['case-a', 2, 'new', 'high'],
      ],
      how,
    );
  }
});

test('a host with two owners: a case goes by the id of the engine, and one said early under another is merged into it', () => {
  const publication = new Publication(sha256Hex, { keepsGivenIds: false });
  publication.preliminary(findingOf('f1', 'case-a'), 10);
  publication.preliminary(caseOf('case-a', ['f1']), 10);
  publication.sealed(findingOf('f1', 'case-b'), 10);
  publication.sealed(caseOf('case-b', ['f0', 'f1']), 10);
  publication.passed(20);
  const cases = publication.take().flatMap((word) => (word.kind === 'case' ? [word.case] : []));
  assert.deepEqual(
    cases.map(({ case_id, state, merged_into }) => [case_id, state, merged_into]),
    [
      ['case-a', 'new', null],
      ['case-b', 'new', null],
      ['case-a', 'merged', 'case-b'],
    ],
  );
  assert.equal(publication.publicCaseId('case-b'), 'case-b');
});

test('an early word of another owner under the revision of our own last word is taken back', () => {
  const publication = new Publication(sha256Hex, { keepsGivenIds: false });
  publication.revisionFloor = 7;
  publication.preliminary(caseOf('case-a', ['f1']), 10);
  publication.passed(20);
  assert.deepEqual(said(publication), [
    ['case-a', 7, 'new', 'high'],
    ['case-a', 8, 'closed', 'high'],
  ]);
  const theirs = caseOf('case-a', ['f1', 'f2'], 'critical');
  const again = { ...theirs, case: { ...(theirs as { case: Case }).case, revision: 8 } } as Published;
  publication.foretell({ word: again, timeMs: 10 });
  publication.passed(20);
  assert.deepEqual(said(publication), [['case-a', 9, 'closed', 'critical']]);
  const ours = {
    ...again,
    case: { ...(again as { case: Case }).case, revision: 9, state: 'closed', notify: 'none' },
  };
  publication.foretell({ word: ours as Published, timeMs: 10 });
  publication.passed(20);
  assert.deepEqual(said(publication), []);
});

test('as many public ids as cases: a case whose own id is taken gets the own id of the one that took it', () => {
  const publication = new Publication(sha256Hex);
  publication.preliminary(caseOf('case-a', ['f1']), 10);
  publication.announceTakeBack(['c/case-a']);
  publication.preliminary(caseOf('case-b', ['f1', 'f2']), 11);
  publication.takeBackAnnounced();
  publication.sealed(caseOf('case-b', ['f1', 'f2']), 11);
  // What the engine calls case-a is another case now, and case-a is what people call case-b.
  publication.sealed(caseOf('case-a', ['f3'], 'low'), 12);
  publication.passed(30);
  const standing = new Map(
    publication.take().flatMap((one) => (one.kind === 'case' ? [[one.case.case_id, one.case]] : [])),
  );
  assert.deepEqual(
    [...standing].map(([id, { finding_ids: ids }]) => [id, ids]),
    [
      ['case-a', ['f1', 'f2']],
      ['case-b', ['f3']],
    ],
  );
  assert.deepEqual(publication.engineCaseIds('case-a'), ['case-b']);
  assert.deepEqual(publication.engineCaseIds('case-b'), ['case-a']);
  const next = new Publication(sha256Hex);
  next.restore(publication.snapshot());
  next.restorePublicIds(publication.publicIds());
  assert.equal(next.publicCaseId('case-a'), 'case-b');
  assert.equal(next.publicCaseId('case-b'), 'case-a');
});

const dayMs = 86_400_000;

function closed(caseId: string, findingIds: readonly string[]): Published {
  const given = caseOf(caseId, findingIds) as { readonly case: Case };
  return { kind: 'case', case: { ...given.case, state: 'closed' } };
}

test('what nothing can change any more is forgotten, what an open case holds is not', () => {
  const publication = new Publication(sha256Hex);
  publication.sealed(caseOf('open', ['f1']), 0);
  publication.sealed(findingOf('f1', 'open'), 0);
  publication.sealed(caseOf('done', ['f2']), 0);
  publication.sealed(findingOf('f2', 'done'), 0);
  publication.sealed(findingOf('alone', null), 0);
  publication.preliminary(findingOf('early', null), 0);
  publication.sealed(closed('done', ['f2']), 1);
  publication.forget(1);
  assert.deepEqual(
    publication.snapshot().map(([id]) => id),
    ['c/open', 'f/f1', 'c/done', 'f/f2', 'f/early'],
    'a closed case is kept until its last word is old, and its finding with it',
  );
  publication.forget(1 + dayMs);
  assert.deepEqual(
    publication.snapshot().map(([id]) => id),
    ['c/open', 'f/f1', 'f/early'],
  );
});

test('what is forgotten stays so over a restart; rows of an older version are kept', () => {
  const before = new Publication(sha256Hex);
  before.sealed(closed('done', []), 0);
  before.sealed(findingOf('f1', 'done'), 0);
  const next = new Publication(sha256Hex);
  next.restore([...before.snapshot(), ['c/older', 'digest', 3, 0, true]]);
  next.forget(dayMs);
  assert.deepEqual(
    next.snapshot().map(([id]) => id),
    ['c/older'],
  );
});

test('the public id of a forgotten case is free again', () => {
  const publication = new Publication(sha256Hex);
  publication.preliminary(caseOf('a', ['f1']), 10);
  publication.announceTakeBack(['c/a']);
  publication.preliminary(closed('b', ['f1']), 10);
  publication.takeBackAnnounced();
  publication.sealed(closed('b', ['f1']), 10);
  publication.passed(20);
  assert.equal(publication.publicCaseId('b'), 'a');
  publication.forget(dayMs);
  assert.deepEqual([publication.publicIds(), publication.snapshot()], [[], []]);
});
