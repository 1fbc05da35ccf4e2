/** What correlation leaves out is counted once, in the sealed lane. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Detector, Message } from '../../../collector/src/contract/step.ts';
import { detectOperator } from '../../../collector/src/engine/detect-operator.ts';
import { SealedOperator } from '../../../collector/src/engine/sealed-operator.ts';
import { SourceDirectory, Versions, type EngineTables } from '../../../collector/src/engine/surroundings.ts';
import { createInventoryIndex } from '../../../collector/src/3-enrich/inventory-index.ts';

const tables: EngineTables = {
  inventory: new Versions(createInventoryIndex({ version: 1 })),
  sources: new SourceDirectory(),
  sha256: (text) => text,
};

const leaving: Detector = {
  digest: 'd',
  scopesOf: () => ['tenant'],
  step: () => ({ findings: [], counters: { group_key_missing: 2 } }),
  due: () => ({ findings: [] }),
};

void test('counters of steps add up by name', () => {
  const sealed = new SealedOperator(
    detectOperator(() => leaving),
    tables,
  );
  const message = (id: string, timeMs: number): Message =>
    ({
      kind: 'event',
      id,
      timeMs,
      tenant: 'acme',
      ingestMs: timeMs,
      event: { event_type: 'x' },
    }) as unknown as Message;
  sealed.add(message('a', 1));
  sealed.add(message('b', 2));
  sealed.advance(10, { message: () => {}, finding: () => {}, caseChanged: () => {} });
  assert.deepEqual([...sealed.leftOut], [['group_key_missing', 4]]);
});
