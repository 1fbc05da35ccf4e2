/** A case that one moved delegation opened, with a playbook of three steps. */
import type { Playbook } from '../../../collector/src/7-case/playbook.ts';
import { Bench, movedDelegation, start, type TestInventory } from './keeper-harness.ts';

/** Three domains of tier 0. */
export const inventory: TestInventory = {
  domains: ['pay.example', 'two.example', 'three.example'].map((domain) => ({
    domain,
    tenant: 'acme',
    tier: 0,
    owner: 'payments',
  })),
};

const playbook: Playbook = {
  id: 'PB2',
  title: 'DNS hijack',
  when: 'always',
  steps: [
    { id: 'look', mode: 'automatic', text: 'Compare {domain}.', destructive: false, facts: ['domain'] },
    { id: 'restore', mode: 'prepared', text: 'Restore {domain}.', destructive: true, facts: ['domain'] },
    { id: 'call', mode: 'manual', text: 'Call {owner_phone}.', destructive: false, facts: ['owner_phone'] },
  ],
};

/** The case and the bench on which it is open since `start`. */
export function opened(): { bench: Bench; id: string } {
  const bench = new Bench(inventory, [playbook]);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  return { bench, id: bench.only().case_id };
}
