/** People and names that no inventory knows are forgotten when they are not heard of any more, and counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { Message } from '../../../collector/src/contract/step.ts';
import { annotateOperator } from '../../../collector/src/engine/annotate-operator.ts';
import { Engine } from '../../../collector/src/engine/engine.ts';
import { shardOf } from '../../../collector/src/engine/shard.ts';
import { SourceDirectory, Versions } from '../../../collector/src/engine/surroundings.ts';
import { canonicalJson } from '../../../collector/src/leaf/canonical-json.ts';
import { chooser, runPartitioned, type Packet } from '../../replay/partitioned-run.ts';
import { eventOf, inventoryView, ms, smallInventory } from '../4-ledger/stage-harness.ts';

const start = '2026-03-02T10:00:00.000Z';
const startMs = ms(start);
const dayMs = 86_400_000;
const known = 'okta:alice@acme.example';

function login(actor_id: string, days: number, outcome: CanonicalEvent['outcome']): Message {
  const timeMs = startMs + days * dayMs;
  const event = eventOf({
    event_type: outcome === 'failure' ? 'identity.session.login_failed' : 'identity.session.login_succeeded',
    timestamp: new Date(timeMs).toISOString(),
    source_kind: 'identity_log',
    source_id: 'okta',
    actor_id,
    outcome,
    auth_method: 'password',
    source_ip: '192.0.2.1',
  });
  return { kind: 'event', timeMs, ingestMs: timeMs, id: event.event_id, tenant: 'acme', event };
}

const annotators = [...ledgerAnnotators, ...featureAnnotators];
const scopes = ['principal', 'account', 'domain'] as const;
const operators = (strangersMax?: number) =>
  scopes.map((scope) => annotateOperator(scope, annotators, (event) => event, strangersMax));

function tables() {
  return {
    inventory: new Versions(inventoryView(smallInventory())),
    sources: new SourceDirectory(),
    sha256: () => '0'.repeat(64),
  };
}

function engineAfter(
  messages: readonly Message[],
  untilDays: number,
  preliminary: boolean,
  strangersMax?: number,
): Engine {
  const engine = new Engine({ operators: operators(strangersMax), tables: tables(), preliminary });
  for (const message of messages) engine.accept([message], message.ingestMs);
  engine.accept([], startMs + untilDays * dayMs);
  return engine;
}

function people(engine: Engine): string[] {
  return (engine.operators[0]?.state.keys() ?? [])
    .map((key) => key.slice('acme|'.length))
    .filter((id) => !id.startsWith('|strangers/'))
    .sort();
}

for (const preliminary of [true, false]) {
  const lane = preliminary ? 'both lanes' : 'the sealed lane';

  test(`${lane}: user names that somebody tries out are gone after a day, each counted`, () => {
    const tried = Array.from({ length: 50 }, (_, i) => login(`okta:guess-${String(i)}`, i / 1000, 'failure'));
    const messages = [...tried, login('okta:carol', 0.1, 'success'), login(known, 0.2, 'failure')];
    assert.equal(people(engineAfter(messages, 0.9, preliminary)).length, 52);
    const after = engineAfter(messages, 2, preliminary);
    assert.deepEqual(people(after), [known, 'okta:carol'].sort());
    assert.equal(after.operators[0]?.leftOut.get('principal_forgotten'), 50);
  });

  test(`${lane}: a stranger who got in is remembered for 120 days after the last word`, () => {
    const messages = [
      login('okta:carol', 0, 'failure'),
      login('okta:carol', 0.01, 'success'),
      login('okta:carol', 60, 'success'),
      login('okta:carol', 61, 'failure'),
      login(known, 61, 'success'),
    ];
    assert.deepEqual(people(engineAfter(messages, 179, preliminary)), [known, 'okta:carol'].sort());
    const after = engineAfter(messages, 183, preliminary);
    assert.deepEqual(people(after), [known]);
    assert.equal(after.operators[0]?.leftOut.get('principal_forgotten'), 1);
  });
}

test('a name that no inventory knows is forgotten, one of the inventory never', () => {
  const change = (domain: string): Message => {
    const event = eventOf({
      event_type: 'registrar.domain.nameservers_changed',
      timestamp: start,
      domain,
      attribute: 'nameservers',
      new_value: ['ns1.elsewhere.example'],
    });
    return {
      kind: 'event',
      timeMs: startMs,
      ingestMs: startMs,
      id: event.event_id,
      tenant: 'acme',
      event,
    };
  };
  const engine = engineAfter([change('pay.example'), change('stranger.example')], 121, true);
  assert.deepEqual(engine.operators[2]?.state.keys(), ['acme|pay.example']);
  assert.deepEqual(engine.operators[2]?.timers.all(), []);
});

/** Names of people whose keys fall into one shard, so that they share a list. */
function neighbours(count: number): string[] {
  const names: string[] = [];
  for (let i = 0; names.length < count; i++)
    if (shardOf(`acme|okta:g${String(i)}`) === shardOf('acme|okta:g0')) names.push(`okta:g${String(i)}`);
  return names;
}

// Four strangers to a list.
const few = 4 * 128;

for (const preliminary of [true, false]) {
  const lane = preliminary ? 'both lanes' : 'the sealed lane';

  test(`${lane}: there are only so many strangers; those that only failed give way first, then the oldest, counted`, () => {
    const [a, b, c, d, e, f, g] = neighbours(7) as [string, string, string, string, string, string, string];
    const messages = [
      login(a, 0, 'success'),
      login(b, 0.01, 'success'),
      login(c, 0.02, 'failure'),
      login(d, 0.03, 'failure'),
      login(known, 0.03, 'success'),
      login(e, 0.04, 'failure'),
    ];
    const full = engineAfter(messages, 0.1, preliminary, few);
    assert.deepEqual(people(full), [known, a, b, d, e].sort());
    assert.equal(full.operators[0]?.leftOut.get('principal_evicted'), 1);
    const later = engineAfter(
      [...messages, login(f, 0.05, 'success'), login(g, 0.06, 'success'), login(c, 0.07, 'failure')],
      0.1,
      preliminary,
      few,
    );
    // Who would go first of all is the newcomer itself.
    assert.deepEqual(people(later), [known, a, b, f, g].sort());
    assert.equal(later.operators[0]?.leftOut.get('principal_evicted'), 4);
    assert.deepEqual(people(engineAfter([...messages, login(f, 0.05, 'success')], 121, preliminary, few)), [
      known,
    ]);
  });
}

test('a name that leaves a full list takes its timers along', () => {
  const [first, ...others] = Array.from({ length: 40_000 }, (_, i) => `n${String(i)}.example`).filter(
    (name) => shardOf(`acme|${name}`) === 7,
  ) as [string, ...string[]];
  const observed = (domain: string, i: number): Message => {
    const timeMs = startMs + i;
    const event = eventOf({
      event_type: 'registrar.domain.renewed',
      timestamp: new Date(timeMs).toISOString(),
      domain,
      attribute: 'expiry',
      new_value: '2030-01-01T00:00:00Z',
      source_kind: 'registrar_audit',
    });
    return { kind: 'event', timeMs, ingestMs: timeMs, id: event.event_id, tenant: 'acme', event };
  };
  const names = [first, ...others.slice(0, 4)];
  const engine = engineAfter(names.map(observed), 1, true, few);
  const domains = engine.operators[2];
  assert.equal(domains?.leftOut.get('domain_evicted'), 1);
  assert.deepEqual(
    domains?.timers.all().filter(({ key }) => key === `acme|${first}`),
    [],
  );
  assert.ok(domains?.timers.all().some(({ key }) => key === `acme|${others[0] as string}`));
});

test('strangers of an older checkpoint go at their time, or join a list when they are heard of', () => {
  const messages = [login(known, 0, 'success')];
  const older = (until: number) => {
    const engine = new Engine({ operators: operators(), tables: tables(), preliminary: true });
    const sealed = engine.operators[0];
    sealed?.state.restore('acme|okta:carol', [
      ['stranger', startMs + until * dayMs],
      ['novelty', { evicted: 0 }],
    ]);
    sealed?.timers.set('acme|okta:carol', 'stranger/forget', startMs + dayMs);
    return engine;
  };
  const silent = older(1);
  silent.accept(messages, startMs);
  silent.accept([], startMs + 2 * dayMs);
  assert.deepEqual(people(silent), [known]);
  const heard = older(100);
  const again = login('okta:carol', 0.5, 'failure');
  heard.accept([again], again.ingestMs);
  heard.accept([], startMs + 99 * dayMs);
  assert.deepEqual(people(heard), ['okta:carol']);
  heard.accept([], startMs + 101 * dayMs);
  assert.deepEqual(people(heard), []);
});

for (const partitions of [3, 16])
  test(`which strangers go does not depend on batches, lanes, or ${String(partitions)} partitions with crashes`, () => {
    const choose = chooser(partitions);
    const guesses = Array.from({ length: 600 }, (_, i) => {
      const name = choose.below(3) === 0 ? known : `okta:guess-${String(choose.below(400))}`;
      return login(name, i / 300, choose.below(4) === 0 ? 'success' : 'failure');
    });
    const endMs = startMs + 30 * dayMs;
    const stateOf = (engine: Engine): Map<string, unknown> =>
      new Map(
        engine.operators.flatMap(({ operator, state }) =>
          state
            .keys()
            .map((key): [string, unknown] => [
              `${operator.name}/${key}`,
              Object.fromEntries(state.entries(key)),
            ]),
        ),
      );
    const sorted = (map: Map<string, unknown>) =>
      canonicalJson([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    const whole = (preliminary: boolean, batch: number): Engine => {
      const engine = new Engine({ operators: operators(2 * 128), tables: tables(), preliminary });
      for (let i = 0; i < guesses.length; i += batch) {
        const part = guesses.slice(i, i + batch);
        engine.accept(part, part.at(-1)?.ingestMs ?? startMs);
      }
      engine.finish(endMs);
      return engine;
    };
    const one = whole(false, 1);
    assert.ok((one.operators[0]?.leftOut.get('principal_evicted') ?? 0) > 50);
    assert.equal(sorted(stateOf(whole(true, 1))), sorted(stateOf(one)));
    assert.equal(sorted(stateOf(whole(true, 37))), sorted(stateOf(one)));
    const packets = guesses.flatMap((message): Packet[] => [
      { message },
      { watermarkMs: message.ingestMs - 600_000 },
    ]);
    packets.push({ watermarkMs: endMs });
    const run = { operators: operators(2 * 128), tables: tables(), partitions, seed: 5, crashes: 6 };
    assert.equal(sorted(runPartitioned(packets, run).state), sorted(stateOf(one)));
  });
