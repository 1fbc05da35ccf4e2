/** Events of the identity plane: the domain of somebody's address matters only where the inventory has it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, event, minute, start, type TestInventory } from './keeper-harness.ts';

function resets(inventory: TestInventory): Bench {
  const bench = new Bench(inventory);
  for (const n of [0, 1, 2, 3, 4, 5]) {
    const each = event(
      {
        event_type:
          ['identity.user.mfa_reset', 'identity.user.password_reset', 'identity.role.granted'][n % 3] ?? '',
        source_kind: 'identity_log',
        actor_id: 'okta:casey.hill@acme.example',
        identity: { target_user: 'casey.hill@acme.example' },
      },
      start + n * minute,
    );
    bench.event(each, start + n * minute);
  }
  return bench;
}

void test('addresses at a domain nobody here watches open no case about that domain', () => {
  const bench = resets({ domains: [{ domain: 'pay.example', tenant: 'acme', tier: 0 }] });
  const told = [...bench.findings.values()].flatMap((each) => each.domains);
  assert.deepEqual(
    told.filter((domain) => domain === 'acme.example'),
    [],
  );
});

void test('addresses at a domain of the inventory are about that domain', () => {
  const bench = resets({ domains: [{ domain: 'acme.example', tenant: 'acme', tier: 0 }] });
  const told = [...bench.findings.values()].flatMap((each) => each.domains);
  assert.ok(told.includes('acme.example'));
});
