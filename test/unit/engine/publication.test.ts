import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case } from '../../../collector/src/contract/case.ts';
import type { Finding } from '../../../collector/src/contract/finding.ts';
import { Publication } from '../../../collector/src/engine/publication.ts';
import { type Published } from '../../../collector/src/engine/statement.ts';
import { sha256Hex } from '../../../collector/src/leaf/sha256.ts';

function caseOf(caseId: string, findingIds: readonly string[], severity = 'high'): Published {
  const body = {
    case_id: caseId,
    tenant: 'acme',
    finding_ids: findingIds,
    severity,
    state: 'new',
    merged_into: null,
  };
  return { kind: 'case', case: body as unknown as Case };
}

function findingOf(id: string, caseId: string | null, title = 't'): Published {
  return {
    kind: 'finding',
    finding: { finding_id: id, case_id: caseId, title, state: 'open' } as unknown as Finding,
  };
}

function said(publication: Publication): unknown[] {
  return publication
    .take()
    .map((one) =>
      one.kind === 'case'
        ? [one.case.case_id, one.case.revision, one.case.state, one.case.severity]
        : [one.finding.finding_id, one.finding.revision, one.finding.state, one.finding.case_id],
    );
}

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
