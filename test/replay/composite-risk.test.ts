/** The table of composite risk (detection reference 3.9) through the whole pipeline: real events, shipped rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanonicalEvent } from '../../collector/src/contract/event.ts';
import { at, eventOf, smallInventory } from '../unit/4-ledger/stage-harness.ts';
import { played } from './whole-pipeline.ts';

const attack = '2026-03-02T10:00:00.000Z';
const person = {
  actor_id: 'registrar-a:alice',
  actor_type: 'user',
  source_kind: 'registrar_audit',
  acquisition: 'push',
  registrar_account: 'registrar-a/4711',
  domain: 'pay.example',
  timestamp: attack,
} as const;

function loginOf(method: 'sso' | 'password', minutes: number): CanonicalEvent {
  return eventOf({
    event_type: 'identity.session.login_succeeded',
    timestamp: at(attack, minutes),
    source_kind: 'identity_log',
    acquisition: 'push',
    actor_id: 'okta:alice@acme.example',
    actor_type: 'user',
    auth_method: method,
  });
}

/** A month of usual work, one login a day, so that another method is new. */
const usual = Array.from({ length: 30 }, (_, index) => loginOf('sso', -24 * 60 * (31 - index)));
const login = loginOf('password', 0);
const unlock = eventOf({
  ...person,
  event_type: 'registrar.domain.lock_disabled',
  attribute: 'lock',
  new_value: 'disabled',
});
const delegation = eventOf({
  ...person,
  event_type: 'registrar.domain.nameservers_changed',
  attribute: 'nameservers',
  old_value: ['ns1.provider-a.example', 'ns2.provider-a.example'],
  new_value: ['ns1.stranger.example', 'ns2.stranger.example'],
  old_known: true,
});
const code = eventOf({
  ...person,
  event_type: 'registrar.domain.auth_code_requested',
  attribute: 'auth_code',
});
const transfer = eventOf({
  ...person,
  event_type: 'registrar.domain.registrar_changed',
  attribute: 'registrar',
  old_value: 'registrar-a',
  new_value: 'registrar-x',
  old_known: true,
});

async function scored(events: readonly CanonicalEvent[]) {
  const { scores, findings } = await played({ inventory: smallInventory(), warmup: usual, events });
  const score = scores.find(({ domain }) => domain === 'pay.example');
  return { score, sum: findings.find(({ detection }) => detection === 'S04'), findings };
}

/** Row of 3.9: signals, risk, planes. */
const rows: readonly (readonly [string, readonly CanonicalEvent[], number, readonly string[]])[] = [
  ['unlock', [unlock], 35, ['registrar']],
  ['new-network login and unlock', [login, unlock], 58, ['identity', 'registrar']],
  ['and a name server change', [login, unlock, delegation], 90, ['dns', 'identity', 'registrar']],
  ['login, unlock, auth code, transfer', [login, unlock, code, transfer], 91, ['identity', 'registrar']],
];

for (const [name, events, risk, planes] of rows)
  test(`composite risk of ${name}: ${String(risk)} on ${String(planes.length)} planes`, async () => {
    const { score, sum } = await scored(events);
    assert.equal(Math.round(score?.risk ?? -1), risk);
    assert.deepEqual(score?.risk_detail?.planes, planes);
    if (events.length > 1) assert.equal(sum?.risk_points, risk, 'the finding says the same number');
  });

test('each term of the sum can be seen, and combinations add nothing to parts that speak for themselves', async () => {
  const { score, sum, findings } = await scored([login, unlock, code, transfer]);
  assert.ok(findings.some(({ detection }) => detection === 'R01' || detection === 'I01'));
  const terms = (score?.risk_detail?.terms ?? []).map(({ signal, share, rank }) => [
    signal,
    Math.round(share * 100),
    rank,
  ]);
  assert.deepEqual(terms, [
    ['R09', 60, 1],
    ['R04', 40, 1],
    ['R02', 35, 1],
    ['identity.session.login_succeeded', 20, 1],
  ]);
  assert.match(
    sum?.summary ?? '',
    /R09 0\.60 \(registrar\), R04 0\.40 \(registrar\), R02 0\.35 \(registrar\)/,
  );
});

test('planes that nobody watches are named: the sum is a lower bound', async () => {
  const { score, sum } = await scored([login, unlock]);
  assert.deepEqual(score?.risk_detail?.planes_silent, ['dns', 'cert', 'mail', 'query', 'intel']);
  assert.ok(
    sum?.degraded_reasons.includes(
      'no live source for dns, cert, mail, query, intel: the risk is a lower bound',
    ),
  );
});
