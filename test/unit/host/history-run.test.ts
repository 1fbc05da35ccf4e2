/** What history teaches, given to an engine that lives: judged as if it had lived then; twice as once; live words stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learnedRows } from '../../../collector/src/5-feature/index.ts';
import { sha256Hex } from '../../../collector/src/app/digest.ts';
import { replayParts } from '../../../collector/src/app/replay-parts.ts';
import { detectorFrom, shippedRulesPath } from '../../../collector/src/app/rule-files.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { Inventory } from '../../../collector/src/contract/inventory.ts';
import { learnedDirective, runHistory, type Lesson } from '../../../collector/src/host/history-run.ts';
import { eventMessages, VirtualRun, type Arrival } from '../../../collector/src/host/virtual-run.ts';
import { at, eventOf, ms, smallInventory } from '../4-ledger/stage-harness.ts';

const now = '2026-03-02T10:00:00.000Z';
const inventory: Inventory = smallInventory();
const { detector } = await detectorFrom([shippedRulesPath()]);

function edit(minutes: number, n: number): CanonicalEvent {
  return eventOf({
    event_type: 'dns.record.updated',
    timestamp: at(now, minutes),
    source_kind: 'dns_provider_audit',
    acquisition: 'push',
    actor_id: 'okta:alice@acme.example',
    actor_type: 'user',
    domain: 'pay.example',
    record_name: `h${String(n)}.pay.example`,
    record_type: 'A',
    attribute: 'records',
    new_value: [`192.0.2.${String(n)}`],
    transaction_id: `tx-${String(minutes)}-${String(n)}`,
  });
}

function lessonsOf(events: readonly CanonicalEvent[], charactersMax = 40_000): readonly Lesson[] {
  const { tables, operators, enrich } = replayParts(inventory, detector);
  const inOrder = events.toSorted(
    (a, b) => ms(a.timestamp) - ms(b.timestamp) || (a.event_id < b.event_id ? -1 : 1),
  );
  return runHistory({ tables, operators, enrich, events: inOrder, learnedRows, charactersMax }).lessons;
}

/** An engine that lives from `now` on: lessons first, then events; its findings and the state of a key. */
function live(lessons: readonly Lesson[], events: readonly CanonicalEvent[], warmup: CanonicalEvent[] = []) {
  const { tables, operators, enrich } = replayParts(inventory, detector);
  const run = new VirtualRun({ operators, tables, preliminary: true, warmupUntilMs: ms(now) - 1 });
  const taught = lessons.map((lesson, index): Arrival => {
    const directive = learnedDirective(lesson, 'system:test', sha256Hex);
    const timeMs = ms(now) - 1000;
    const { tenant } = lesson;
    return {
      ingestMs: timeMs,
      message: {
        kind: 'directive',
        timeMs,
        ingestMs: timeMs,
        id: `${directive.id}/${String(index)}`,
        tenant,
        directive,
      },
    };
  });
  const arrivals = (list: readonly CanonicalEvent[], isHistory: boolean): Arrival[] =>
    list.flatMap((event) =>
      eventMessages(event, ms(event.timestamp), isHistory, enrich).map((message) => ({
        ingestMs: ms(event.timestamp),
        message,
      })),
    );
  run.feed([...arrivals(warmup, true), ...taught, ...arrivals(events, false)]);
  run.finish(ms(now) + 3_600_000);
  return {
    titles: [...run.findings.values()].map(({ title }) => title).sort(),
    spoken: run.spoken.length,
    state: (scope: string, key: string, name: string) => run.view(scope, 'acme', key)?.get(name),
  };
}

/** A change every forty days of the last year. */
const quietYear = Array.from({ length: 9 }, (_, index) => edit(-(index * 40 + 10) * 24 * 60, index + 100));
const burst = Array.from({ length: 10 }, (_, index) => edit(index * 0.4, index));

test('a burst after a taught year is judged as after a lived one, not as a cold start', () => {
  const cold = live([], burst);
  const taught = live(lessonsOf(quietYear), burst);
  const lived = live([], burst, quietYear);
  assert.ok(cold.titles.includes('Bulk record edits, little history'), cold.titles.join());
  assert.ok(taught.titles.includes('Bulk record edits or deletes'), taught.titles.join());
  assert.ok(!taught.titles.includes('Bulk record edits, little history'));
  assert.deepEqual(
    taught.titles.filter((title) => title.startsWith('Bulk')),
    lived.titles.filter((title) => title.startsWith('Bulk')),
  );
});

test('lessons alone say nothing, and the same lessons twice are the same state', () => {
  const lessons = lessonsOf(quietYear);
  const once = live(lessons, []);
  const twice = live([...lessons, ...lessons], []);
  assert.equal(once.spoken, 0);
  for (const name of ['spike.records', 'churn'])
    assert.deepEqual(
      twice.state('domain', 'acme|pay.example', name),
      once.state('domain', 'acme|pay.example', name),
    );
  assert.notEqual(once.state('domain', 'acme|pay.example', 'spike.records'), undefined);
});

test('only baselines are taught: no facts, no controls, no cases, no score memory', () => {
  const names = new Set(lessonsOf(quietYear).flatMap(({ rows }) => Object.keys(rows)));
  assert.deepEqual([...names].sort(), ['churn', 'spike.records']);
});

test('lessons are the same whatever the order of the history, and small parts carry the same rows', () => {
  const lessons = lessonsOf(quietYear);
  assert.deepEqual(lessonsOf(quietYear.toReversed()), lessons);
  const rows = (list: readonly Lesson[]) =>
    list.flatMap(({ scope, id, rows: part }) => Object.entries(part).map((row) => [scope, id, ...row]));
  assert.deepEqual(rows(lessonsOf(quietYear, 10)), rows(lessons));
  assert.ok(lessonsOf(quietYear, 10).length > lessons.length);
});

test('the burst in which the history ended is known as a window that is over', () => {
  const burst = Array.from({ length: 5 }, (_, index) => edit(400, index));
  const rows = lessonsOf([...quietYear, ...burst]).find(({ rows: each }) => 'spike.records' in each)?.rows;
  const spike = rows?.['spike.records'] as { days: [number, number, number][] } | undefined;
  assert.deepEqual(spike?.days.at(-1)?.slice(1), [5, 5]);
});

test('rows of a time to come, of unknown names and of odd shapes teach nothing and break nothing', () => {
  const day = Math.floor(ms(now) / 86_400_000) + 2;
  const odd = (rows: Record<string, unknown>): Lesson => ({
    tenant: 'acme',
    scope: 'domain',
    id: 'pay.example',
    rows,
  });
  const { state, titles } = live(
    [
      odd({ 'spike.records': { since: 0, days: [[day, 9, 9]], window: [] } }),
      odd({ 'control/nameservers': { seen: 1 }, facts: { list: [] }, intents: { list: [] } }),
      odd({ churn: null, usual: 7, certificate: [], 'volume/3': 'x' }),
    ],
    [edit(1, 1)],
  );
  assert.equal(state('domain', 'acme|pay.example', 'control/nameservers'), undefined);
  const spike = state('domain', 'acme|pay.example', 'spike.records') as { days: unknown[] };
  // One transaction, in a window that is not over.
  assert.deepEqual(spike.days, [[Math.floor(ms(now) / 86_400_000), 1, 0]]);
  assert.ok(Array.isArray(titles));
});
