/** People and names that no inventory knows are forgotten when they are not heard of any more, and counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { Message } from '../../../collector/src/contract/step.ts';
import { annotateOperator } from '../../../collector/src/engine/annotate-operator.ts';
import { Engine } from '../../../collector/src/engine/engine.ts';
import { SourceDirectory, Versions } from '../../../collector/src/engine/surroundings.ts';
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

function engineAfter(messages: readonly Message[], untilDays: number, preliminary: boolean): Engine {
  const annotators = [...ledgerAnnotators, ...featureAnnotators];
  const scopes = ['principal', 'account', 'domain'] as const;
  const engine = new Engine({
    operators: scopes.map((scope) => annotateOperator(scope, annotators, (event) => event)),
    tables: {
      inventory: new Versions(inventoryView(smallInventory())),
      sources: new SourceDirectory(),
      sha256: () => '0'.repeat(64),
    },
    preliminary,
  });
  for (const message of messages) engine.accept([message], message.ingestMs);
  engine.accept([], startMs + untilDays * dayMs);
  return engine;
}

function people(engine: Engine): string[] {
  return (engine.operators[0]?.state.keys() ?? []).map((key) => key.slice('acme|'.length)).sort();
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
});
