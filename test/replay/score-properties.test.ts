/** Properties of scores over whole runs: arrival inside the bound, repetitions and lost sources change no score. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CanonicalEvent } from '../../collector/src/contract/event.ts';
import type { ControlScore } from '../../collector/src/contract/score.ts';
import { at, eventOf, smallInventory } from '../unit/4-ledger/stage-harness.ts';
import { played } from './whole-pipeline.ts';

const base = '2026-03-02T10:00:00.000Z';
const endMinutes = 24 * 60;
const inventory = smallInventory();
const runs = { numRuns: 25, seed: 5 };

type Fields = Partial<CanonicalEvent> & { event_type: string };

const rdap = { source_kind: 'rdap_poll', acquisition: 'poll' } as const;
const audit = {
  source_kind: 'registrar_audit',
  acquisition: 'push',
  actor_id: 'registrar-a:alice',
  actor_type: 'user',
  registrar_account: 'registrar-a/4711',
} as const;

/** What may happen to the domain: looks, changes, and changes back. */
const acts: readonly Fields[] = [
  {
    ...rdap,
    event_type: 'registrar.domain.state_observed',
    attribute: 'statuses',
    new_value: ['clientTransferProhibited'],
  },
  { ...rdap, event_type: 'registrar.domain.state_observed', attribute: 'statuses', new_value: [] },
  {
    ...rdap,
    event_type: 'registrar.domain.state_observed',
    attribute: 'expiry',
    new_value: '2027-05-01T00:00:00.000Z',
  },
  {
    event_type: 'registrar.domain.state_observed',
    attribute: 'nameservers',
    new_value: ['ns1.provider-a.example', 'ns2.provider-a.example'],
  },
  {
    event_type: 'registrar.domain.nameservers_changed',
    attribute: 'nameservers',
    new_value: ['ns1.stranger.example'],
  },
  { event_type: 'registrar.domain.state_observed', attribute: 'ds', new_value: [] },
  { ...audit, event_type: 'registrar.domain.lock_disabled', attribute: 'lock', new_value: 'disabled' },
  { ...audit, event_type: 'registrar.domain.lock_enabled', attribute: 'lock', new_value: 'enabled' },
  { ...audit, event_type: 'registrar.account.mfa_disabled', domain: undefined },
  {
    event_type: 'dnsquery.answer.observed',
    source_kind: 'answer_probe',
    record_name: 'pay.example',
    record_type: 'CAA',
    new_value: ['0 issue "ca.example"'],
  },
  {
    event_type: 'dnsquery.answer.observed',
    source_kind: 'answer_probe',
    record_name: 'pay.example',
    record_type: 'TXT',
    new_value: ['"v=spf1 -all"'],
  },
] as unknown as readonly Fields[];

/** Always last, so that every run ends at the same moment. */
const last = (): CanonicalEvent =>
  eventOf({
    ...rdap,
    event_type: 'registrar.domain.state_observed',
    domain: 'pay.example',
    attribute: 'registrar',
    new_value: 'registrar-a',
    timestamp: at(base, endMinutes),
  });

function eventsOf(story: readonly (readonly [act: number, minute: number])[]): CanonicalEvent[] {
  return story.map(([act, minute]) => {
    const event = eventOf({ domain: 'pay.example', timestamp: at(base, minute), ...(acts[act] as Fields) });
    if (event.domain === undefined) delete event.domain;
    return event;
  });
}

const stories = fc.array(fc.tuple(fc.nat(acts.length - 1), fc.nat(endMinutes - 30)), {
  minLength: 1,
  maxLength: 25,
});

async function scoreOf(events: readonly CanonicalEvent[]): Promise<ControlScore | undefined> {
  const { scores } = await played({ inventory, events });
  return scores.find(({ domain }) => domain === 'pay.example');
}

function delayed(event: CanonicalEvent, minutes: number): CanonicalEvent {
  return { ...event, ingested_at: at(event.timestamp, minutes) };
}

test('arrival inside the bound, another order of lines and repetitions change no byte of a score', async () => {
  await fc.assert(
    fc.asyncProperty(
      stories,
      fc.array(fc.nat(9), { minLength: 25, maxLength: 25 }),
      async (story, delays) => {
        const events = [...eventsOf(story), last()];
        const straight = JSON.stringify(await scoreOf(events));
        const late = events.map((event, i) =>
          i === events.length - 1 ? event : delayed(event, delays[i] ?? 0),
        );
        assert.equal(JSON.stringify(await scoreOf(late.toReversed())), straight);
        assert.equal(JSON.stringify(await scoreOf([...late, ...events])), straight);
      },
    ),
    runs,
  );
});

test('a source that falls silent moves no component, whenever it happens', async () => {
  await fc.assert(
    fc.asyncProperty(
      stories,
      fc.nat(endMinutes - 1),
      fc.constantFrom('rdap_poll', 'delegation_probe', 'answer_probe'),
      async (story, minute, kind) => {
        const events = [...eventsOf(story), last()];
        const silent = eventOf({
          event_type: 'pipeline.source.silent',
          source_kind: 'pipeline',
          source_instance: `${kind}-1`,
          attribute: kind,
          timestamp: at(base, minute),
        });
        const before = await scoreOf(events);
        const after = await scoreOf([...events, silent]);
        assert.equal(after?.score, before?.score);
        assert.deepEqual(
          after?.components.map(({ name, value }) => [name, value]),
          before?.components.map(({ name, value }) => [name, value]),
        );
      },
    ),
    runs,
  );
});

test('a value whose source is silent stands and says that nobody confirms it', async () => {
  const look = eventOf({
    ...rdap,
    event_type: 'registrar.domain.state_observed',
    domain: 'pay.example',
    attribute: 'statuses',
    new_value: ['clientTransferProhibited'],
    timestamp: base,
  });
  const silent = eventOf({
    event_type: 'pipeline.source.silent',
    source_kind: 'pipeline',
    source_instance: 'rdap-1',
    attribute: 'rdap_poll',
    timestamp: at(base, 30),
  });
  const score = await scoreOf([look, silent]);
  const lock = score?.components.find(({ name }) => name === 'transfer_lock');
  assert.deepEqual(
    [lock?.value, lock?.reason],
    [1, `transfer is prohibited; not confirmed: rdap_poll is silent since ${at(base, 30)}`],
  );
});

test('every component says where it is from, how old it is and what to do', async () => {
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      const score = await scoreOf([...eventsOf(story), last()]);
      assert.ok(score !== undefined);
      assert.equal(score.components.length, 11);
      for (const {
        name,
        value,
        applicable,
        known,
        reason,
        source,
        as_of: asOf,
        next_action: next,
        weight,
      } of score.components) {
        assert.ok(reason !== '' && weight > 0, name);
        assert.equal(known, value !== null, name);
        if (value !== null) {
          assert.ok(value >= 0 && value <= 1, name);
          assert.ok(source !== null, `${name} has no source`);
          assert.ok(asOf === null || asOf <= score.as_of, `${name} is from the future`);
        }
        if (value !== null && applicable && value < 1)
          assert.ok(next !== null, `${name}: no next action at ${String(value)}`);
      }
      const known = score.components.filter(({ value, applicable }) => value !== null && applicable);
      const weight = known.reduce((sum, each) => sum + each.weight, 0);
      assert.equal(score.coverage, weight / 100);
      const sum = known.reduce((total, each) => total + each.weight * (each.value ?? 0), 0);
      if (weight > 0) assert.ok(Math.abs((score.score ?? -1) - (100 * sum) / weight) < 0.001);
      else assert.equal(score.score, null);
    }),
    runs,
  );
});

test('the second factor of the account reaches the score without any event about the domain', async () => {
  const look = eventOf({
    ...rdap,
    event_type: 'registrar.domain.state_observed',
    domain: 'pay.example',
    attribute: 'statuses',
    new_value: ['clientTransferProhibited'],
    timestamp: base,
  });
  const off = eventOf({ ...audit, event_type: 'registrar.account.mfa_disabled', timestamp: at(base, 10) });
  const factor = (score: ControlScore | undefined) =>
    score?.components.find(({ name }) => name === 'account_mfa')?.value;
  assert.equal(factor(await scoreOf([look])), 1);
  assert.equal(factor(await scoreOf([look, off])), 0);
});
