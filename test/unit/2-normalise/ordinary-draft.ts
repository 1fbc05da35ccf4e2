/** A record and a draft that fit, for tests of what completion makes of them. */
import type { EventDraft } from '../../../collector/src/contract/normaliser.ts';
import type { RawRecord } from '../../../collector/src/contract/raw-record.ts';

export const receivedAtMs = Date.UTC(2026, 10, 21, 10);

/** A delivery to a webhook. */
export function ordinaryRecord(more: Partial<RawRecord> = {}): RawRecord {
  return {
    tenant: 'acme',
    source: 'webhook',
    receivedAtMs,
    contentType: 'application/json',
    verified: true,
    bytes: Buffer.from('{"a":1}'),
    ...more,
  };
}

/** What a registrar tells of changed name servers, with the members every draft has. */
export function ordinaryDraft(more: Partial<EventDraft> = {}): EventDraft {
  return {
    key: ['id-1'],
    atom: '',
    event_type: 'registrar.domain.nameservers_changed',
    outcome: 'success',
    timestamp: '2026-11-21T09:59:59.000Z',
    timestamp_precision: 's',
    source_system: 'registrar-a',
    source_kind: 'registrar_audit',
    acquisition: 'push',
    confidence: 0.99,
    actor_id: 'registrar-a:alice',
    actor_type: 'user',
    actor_origin: 'customer',
    approval_state: 'not_checked',
    ...more,
  };
}
