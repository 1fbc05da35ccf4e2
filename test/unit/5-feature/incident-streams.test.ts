/** The public incidents, played through ledger and features: what must be approved, explained, degraded; and that restarts change nothing. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { isFeaturePath } from '../../../collector/src/contract/features.ts';
import type { FeatureGroup, FeatureOf } from '../../../collector/src/contract/features.ts';
import type { Intent, Inventory } from '../../../collector/src/contract/inventory.ts';
import { createHarness, ms } from '../4-ledger/stage-harness.ts';

const folder = new URL('../../../../shared/incidents/', import.meta.url);
const annotators = [...ledgerAnnotators, ...featureAnnotators];

interface Replay {
  inventory: Inventory;
  intents: Intent[];
  sources: { source_kind: string; interval_s: number; in_minimal: boolean }[];
  warmup: { event: CanonicalEvent }[];
  events: { n: number; arrival: string; event: CanonicalEvent }[];
}

function load(name: string): Replay {
  return (JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as { replay: Replay }).replay;
}

interface Played {
  readonly n: number;
  readonly event: CanonicalEvent;
}

function play(replay: Replay, restarts = false) {
  const sources = replay.sources.map(({ source_kind, interval_s }) => ({
    kind: source_kind,
    intervalMs: interval_s * 1000,
  }));
  const harness = createHarness(annotators, { inventory: replay.inventory, sources, restarts });
  const items = [
    ...replay.intents.map((intent) => ({ at: ms(intent.known_at ?? intent.valid_from), intent })),
    ...replay.warmup.map(({ event }) => ({ at: ms(event.timestamp), n: -1, event })),
    ...replay.events.map(({ n, event }) => ({ at: ms(event.timestamp), n, event })),
  ].sort((a, b) => a.at - b.at);
  const played: Played[] = [];
  let last = 0;
  for (const item of items) {
    last = item.at;
    if ('intent' in item) harness.intent(item.intent);
    else played.push({ n: item.n, event: harness.event(item.event) });
  }
  harness.advance(last + 86_400_000);
  return { played, derived: harness.derived, states: harness.states };
}

function skipWithout(t: TestContext): boolean {
  if (existsSync(folder)) return false;
  t.skip('shared/incidents is not present');
  return true;
}

function feature<G extends FeatureGroup>({ event }: Played, group: G): FeatureOf<G> {
  return (event.feature?.[group] ?? {}) as FeatureOf<G>;
}

void test('every feature an annotator writes is in the list that rules are checked against', (t) => {
  if (skipWithout(t)) return;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const { played, derived } = play(load(file.slice(0, -5)));
    const features = [
      ...played.map(({ event }) => event.feature),
      ...derived.map(({ draft }) => draft.feature),
    ];
    for (const groups of features)
      for (const [group, fields] of Object.entries(groups ?? {}))
        for (const field of Object.keys(fields as object))
          assert.ok(isFeaturePath(`${group}.${field}`), `${file}: ${group}.${field}`);
  }
});

void test('a restart between any two messages changes nothing', (t) => {
  if (skipWithout(t)) return;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const replay = load(file.slice(0, -5));
    const through = play(replay);
    const restarted = play(replay, true);
    assert.deepEqual(restarted.played, through.played, file);
    assert.deepEqual(restarted.derived, through.derived, file);
    assert.deepEqual(restarted.states, JSON.parse(JSON.stringify(through.states)), file);
  }
});

void test('warm-ups are explained: nothing is missing, no cluster, no drop before the first act', (t) => {
  if (skipWithout(t)) return;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const replay = load(file.slice(0, -5));
    const firstMs = Math.min(...replay.events.map(({ event }) => ms(event.timestamp)));
    const early = play(replay).derived.filter(
      ({ atMs, draft }) => atMs < firstMs && draft.event_type.startsWith('derived.'),
    );
    assert.deepEqual(
      early.map(({ draft }) => draft.event_type),
      [],
      file,
    );
  }
});

/** Incident, entry that a stranger caused, and whether R08 is stated for it (3.10). */
const hijacks: readonly (readonly [file: string, n: number, attribute: string])[] = [
  ['curve-2025', 1, 'nameservers'],
  ['nyt-melbourneit-2013', 1, 'nameservers'],
  ['fox-it-2017', 2, 'nameservers'],
  ['pch-netnod-2018', 0, 'ds'],
  ['pch-netnod-2018', 1, 'nameservers'],
  ['sea-turtle-lookalike-ns-2019', 1, 'nameservers'],
  ['squarespace-2024', 2, 'nameservers'],
  ['perl-com-2020', 3, 'registrar'],
  ['eth-limo-2026', 1, 'nameservers'],
];

void test('hijacks are unapproved, deviate fully and nobody explains them', (t) => {
  if (skipWithout(t)) return;
  for (const [file, n, attribute] of hijacks) {
    const { played, derived } = play(load(file));
    const acts = played.filter((act) => act.n === n && act.event.attribute === attribute);
    assert.ok(acts.length > 0, `${file} ${String(n)} ${attribute}`);
    for (const act of acts) {
      assert.equal(act.event.approval_state, 'not_found', file);
      assert.equal(act.event.old_known, true, file);
      if (attribute !== 'registrar') assert.equal(feature(act, 'deviation').dev, 1, file);
    }
    const facts = new Set(acts.map(({ event }) => event.change_fact_id));
    assert.ok(
      derived.some(
        ({ draft }) =>
          draft.event_type === 'derived.attribution.missing' &&
          facts.has(draft.change_fact_id) &&
          (draft.feature?.['attribution'] as FeatureOf<'attribution'> | undefined)?.missing === true,
      ),
      `${file} ${String(n)}: attribution`,
    );
  }
});

void test('an own change with a ticket is approved step by step (slack-dnssec-2021)', (t) => {
  if (skipWithout(t)) return;
  const { played, derived } = play(load('slack-dnssec-2021'));
  const steps = played.filter(({ n, event }) => n >= 0 && event.change_fact_id !== undefined);
  assert.ok(steps.length >= 6);
  for (const { event } of steps) assert.equal(event.approval_state, 'approved');
  assert.deepEqual(
    derived.filter(({ draft }) => draft.event_type === 'derived.attribution.missing'),
    [],
  );
});

void test('a victim who restores or moves away in an emergency is approved', (t) => {
  if (skipWithout(t)) return;
  const moved = play(load('curve-2022')).played.filter(
    ({ n, event }) => n === 4 && event.attribute === 'nameservers',
  );
  assert.ok(moved.length > 0);
  for (const act of moved) {
    assert.equal(act.event.approval_state, 'approved');
    assert.equal(feature(act, 'intent').emergency, true);
  }
  const back = play(load('pch-netnod-2018')).played.filter(
    ({ n, event }) => n === 4 && event.attribute === 'nameservers',
  );
  for (const act of back) {
    assert.equal(feature(act, 'intent').restoring, true);
    assert.equal(feature(act, 'revert').returned, true);
    assert.equal(feature(act, 'revert').excursion_approved, false);
  }
});

void test('answers that the provider did not configure (curve-2022, myetherwallet-bgp-2018)', (t) => {
  if (skipWithout(t)) return;
  for (const [file, n] of [
    ['curve-2022', 0],
    ['myetherwallet-bgp-2018', 2],
  ] as const) {
    const act = play(load(file)).played.find(
      (played) => played.n === n && played.event.event_type === 'dnsquery.answer.changed',
    );
    assert.ok(act !== undefined);
    const answer = feature(act, 'answer');
    assert.deepEqual(
      [answer.outside_approved, answer.confirmed, answer.provider_unchanged],
      [true, true, true],
      file,
    );
  }
});

void test('a certificate taken while the name was away is found (pch-netnod-2018, escrow-godaddy-2020)', (t) => {
  if (skipWithout(t)) return;
  for (const file of ['pch-netnod-2018', 'escrow-godaddy-2020', 'fox-it-2017', 'curve-2022']) {
    const issued = play(load(file)).played.filter(
      ({ n, event }) => n >= 0 && event.event_type === 'cert.issued',
    );
    assert.ok(issued.length > 0, file);
    assert.equal(feature(issued[0] as Played, 'certificate').verdict, 'issued_while_not_ours', file);
    assert.equal(feature(issued[0] as Played, 'certificate').after_change, true, file);
  }
});

void test('an expiry date that jumps a year is not a payment (eth-link-lapse-2022)', (t) => {
  if (skipWithout(t)) return;
  const { played } = play(load('eth-link-lapse-2022'));
  const jump = played.filter(({ n, event }) => n === 2 && event.attribute === 'expiry');
  assert.ok(jump.length > 0);
  for (const act of jump) {
    assert.equal(feature(act, 'expiry').unpaid_auto_renew, true);
    assert.ok((feature(act, 'expiry').days_left ?? 1) < 0);
  }
});

void test('a quiet domain of an incident needs less than 4 KiB', (t) => {
  if (skipWithout(t)) return;
  const replay = load('pch-netnod-2018');
  replay.events = [];
  const { states } = play(replay);
  for (const [key, state] of Object.entries(states))
    if (key.startsWith('domain|'))
      assert.ok(JSON.stringify(state).length <= 4096, `${key} ${String(JSON.stringify(state).length)}`);
});
