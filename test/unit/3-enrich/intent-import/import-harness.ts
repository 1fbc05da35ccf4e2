/** Facts for importing plans in tests: one tenant, two domains, some approved sets. */
import assert from 'node:assert/strict';
import type {
  ImportedIntents,
  ImportFacts,
} from '../../../../collector/src/3-enrich/intent-import/import-facts.ts';
import type { IntentChange } from '../../../../collector/src/contract/inventory.ts';
import type { Outcome } from '../../../../collector/src/contract/outcome.ts';

const domains = ['pay.example', 'shop.example'];
const sets: Readonly<Record<string, readonly string[]>> = {
  'pay.example/A': ['192.0.2.10', '192.0.2.11'],
  'pay.example/TXT': ['"v=spf1 -all"'],
  'pay.example/MX': ['10 mx1.mailhost.example'],
};

/** Facts of an import at noon, valid for a day. */
export const facts: ImportFacts = {
  tenant: 'acme',
  knownAt: '2026-11-21T12:00:00.000Z',
  validUntil: '2026-11-22T12:00:00.000Z',
  id: 'plan-1',
  domainOf: (name) => domains.find((domain) => name === domain || name.endsWith(`.${domain}`)),
  currentSet: (name, type) => sets[`${name}/${type}`],
};

/** Changes of the only intent; [] when there is none. */
export function changesOf(outcome: Outcome<ImportedIntents>): readonly IntentChange[] {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value.intents[0]?.changes ?? [];
}

/** Messages of what was refused. */
export function refusalsOf(outcome: Outcome<ImportedIntents>): readonly string[] {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value.refused.map(({ path, message }) => `${path} ${message}`);
}
