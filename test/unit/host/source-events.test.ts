import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { SourceDirectory } from '../../../collector/src/engine/surroundings.ts';
import { noteSourceEvents } from '../../../collector/src/host/source-events.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 5, 8, minute)).toISOString();
const ms = (minute: number): number => Date.UTC(2026, 0, 5, 8, minute);

function event(minute: number, more: Partial<CanonicalEvent>): CanonicalEvent {
  return {
    tenant: 'acme',
    event_type: 'identity.session.login_succeeded',
    source_kind: 'identity_log',
    timestamp: at(minute),
    ...more,
  } as CanonicalEvent;
}

const silent = (minute: number, more: Partial<CanonicalEvent> = {}): CanonicalEvent =>
  event(minute, {
    event_type: 'pipeline.source.silent',
    source_kind: 'pipeline',
    attribute: 'identity_log',
    ...more,
  });

test('a notice that names one of two sources is about that one, whatever the order of the events', () => {
  const events = [
    event(1, { source_id: 'okta-a' }),
    event(2, { source_id: 'okta-b' }),
    silent(10, { source_instance: 'okta-b' }),
  ];
  for (const order of [events, events.toReversed()]) {
    const sources = new SourceDirectory();
    noteSourceEvents(sources, order);
    assert.deepEqual(sources.ids('acme', 'identity_log'), ['okta-a', 'okta-b']);
    assert.equal(sources.status('acme', 'identity_log', ms(11))?.alive, true);
    assert.equal(sources.status('acme', 'identity_log', ms(11), ['okta-a'])?.alive, true);
    assert.equal(sources.status('acme', 'identity_log', ms(11), ['okta-b'])?.alive, false);
    assert.equal(sources.silentMs('acme', 'identity_log', ms(0), ms(20), ['okta-b']), 10 * 60_000);
    assert.equal(sources.silentMs('acme', 'identity_log', ms(0), ms(20)), 0);
  }
});

test('a notice that names no source that spoke is about all of the kind, and a later event does not end it', () => {
  for (const order of [0, 1]) {
    const sources = new SourceDirectory();
    const events = [event(1, {}), silent(5, { source_instance: 'elsewhere' }), event(8, {})];
    noteSourceEvents(sources, order === 0 ? events : events.toReversed());
    assert.equal(sources.status('acme', 'identity_log', ms(4))?.alive, true);
    assert.equal(sources.status('acme', 'identity_log', ms(9))?.alive, false);
  }
});

test('ids that do not exist are no restriction', () => {
  const sources = new SourceDirectory();
  noteSourceEvents(sources, [event(1, { source_id: 'okta-a' })]);
  assert.equal(sources.status('acme', 'identity_log', ms(2), ['renamed'])?.alive, true);
});
