import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case } from '../../../collector/src/contract/case.ts';
import type { Finding } from '../../../collector/src/contract/finding.ts';
import { Publication, type Published } from '../../../collector/src/engine/publication.ts';
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
