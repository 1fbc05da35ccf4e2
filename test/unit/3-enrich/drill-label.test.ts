import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { enrichEvent } from '../../../collector/src/3-enrich/index.ts';
import { createInventoryIndex } from '../../../collector/src/3-enrich/inventory-index.ts';

const inventory = createInventoryIndex({
  version: 1,
  domains: [
    { domain: 'canary.example', tenant: 'acme', canary: true },
    { domain: 'shop.example', tenant: 'acme' },
  ],
});

function labelled(fields: Partial<CanonicalEvent>): CanonicalEvent {
  const event = {
    tenant: 'acme',
    event_type: 'registrar.domain.lock_disabled',
    actor_id: 'x:1',
    source_kind: 'registrar_audit',
    source: { drill: true, kept: 1 },
    ...fields,
  };
  return enrichEvent(event as CanonicalEvent, inventory);
}

test('the label of a drill counts on canary domains only', () => {
  assert.equal(labelled({ domain: 'canary.example' }).source?.['drill'], true);
  for (const domain of ['shop.example', 'not-ours.example']) {
    const { source } = labelled({ domain });
    assert.deepEqual(source, { kept: 1, drill_refused: true }, domain);
  }
  assert.equal(labelled({}).source?.['drill'], undefined, 'a claim without a domain');
});

test('what the pipeline concludes about people and accounts keeps the label of its cause', () => {
  assert.equal(labelled({ source_kind: 'pipeline' }).source?.['drill'], true);
  assert.equal(labelled({ source_kind: 'pipeline', domain: 'shop.example' }).source?.['drill'], undefined);
});

test('an event without the label is not touched', () => {
  const event = {
    tenant: 'acme',
    event_type: 'registrar.domain.lock_disabled',
    actor_id: 'x:1',
    source: { drill: 'true' },
  } as unknown as CanonicalEvent;
  assert.equal(enrichEvent(event, inventory).source, event.source);
});
