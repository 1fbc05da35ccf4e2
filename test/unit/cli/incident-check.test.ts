/** Wrong incident files: each problem with its place, and nothing that is misspelt passes in silence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentProblems } from '../../../collector/src/cli/incident-check.ts';
import { judgeIncident } from '../../../collector/src/host/incident-verdict.ts';
import { delegationStories } from '../../replay/stories/delegation-stories.ts';
import { incidentOf } from '../../replay/stories/story-incident.ts';

const story = delegationStories.find(({ id }) => id === 'glue-only');
assert.ok(story);
const good = incidentOf(story);

/** Problems after one place was overwritten; undefined removes it. */
function told(place: string, value: unknown): string[] {
  const file = structuredClone(good) as unknown as Record<string, unknown>;
  const steps = place.split('/');
  const last = steps.pop() as string;
  let at = file;
  for (const step of steps) at = at[step] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return incidentProblems(file);
}

void test('a file that can be played has no problem', () => {
  assert.deepEqual(incidentProblems(good), []);
});

void test('what is missing or misspelt is named with its place', () => {
  const cases: readonly (readonly [place: string, value: unknown, problem: RegExp])[] = [
    ['id', undefined, /^\/: not an incident file/],
    ['page', 'yes', /^\/: not an incident file/],
    ['replay', null, /^\/replay: has no executable part/],
    ['anchor', undefined, /^\/anchor: needs a time/],
    ['anchor', { utc: 'yesterday' }, /^\/anchor: needs a time/],
    ['sequence', undefined, /^\/sequence: must be a list/],
    ['sequence', [{ n: 0 }], /^\/sequence\/0: needs the numbers/],
    ['page/severity', 'urgent', /^\/page\/severity: must be one of .*critical/],
    ['page/should_page', 'no', /^\/page\/should_page: must be true or false/],
    ['must_not_checks', [{ type: 'page_befor_n', n: 1 }], /^\/must_not_checks\/0\/type: .*page_before_n/],
    ['replay/sources', undefined, /^\/replay\/sources: must be a list/],
    ['replay/sources/0/source_kind', 'delegation_prob', /^\/replay\/sources\/0\/source_kind: must be one of/],
    ['replay/sources/0/interval_s', 0, /^\/replay\/sources\/0\/interval_s: must be a number above 0/],
    ['replay/warmup', undefined, /^\/replay\/warmup: must be a list/],
    ['replay/events', {}, /^\/replay\/events: must be a list/],
    ['replay/events/0/n', '0', /^\/replay\/events\/0\/n: must be a number/],
    ['replay/events/0/arrival', 'soon', /^\/replay\/events\/0\/arrival: must be a time/],
    ['replay/events/0/event/event_type', undefined, /^\/replay\/events\/0\/event.*event_type/],
    ['replay/warmup/0/event/ingested_at', undefined, /^\/replay\/warmup\/0\/event.*ingested_at/],
    ['replay/warmup/0/event/observed_at', '2026-02-30T00:00:00.000Z', /^\/replay\/warmup\/0\/event/],
  ];
  for (const [place, value, problem] of cases) {
    const problems = told(place, value);
    assert.equal(problems.length, 1, `${place}: ${problems.join('; ')}`);
    assert.match(problems[0] ?? '', problem);
  }
  for (const value of [null, [], 'x', 7]) assert.equal(incidentProblems(value).length, 1);
});

void test('a forbidden outcome that nobody knows counts as violated', () => {
  const seen = {
    page: undefined,
    pagedCases: [],
    cases: [],
    findings: [],
    beforePage: [],
    entryOf: new Map<string, number>(),
    minimal: false,
  };
  const verdict = judgeIncident(
    { ...good, page: { should_page: false }, must_not_checks: [{ type: 'page_befor_n' }] },
    seen,
  );
  assert.deepEqual(verdict.must_not_violated, ['{"type":"page_befor_n"}']);
});
