/** Events that several tests of features make: a changed delegation, a login. */
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { eventOf } from '../4-ledger/stage-harness.ts';

/** The name servers of `pay.example` are changed to `value`. */
export function delegationAt(
  timestamp: string,
  value: string[],
  extra: Partial<CanonicalEvent> = {},
): CanonicalEvent {
  return eventOf({
    event_type: 'registrar.domain.nameservers_changed',
    timestamp,
    domain: 'pay.example',
    attribute: 'nameservers',
    new_value: value,
    ...extra,
  });
}

/** Alice logs in at the registrar from a place: `enrich.source`. */
export function loginAt(
  timestamp: string,
  source: Record<string, unknown>,
  extra: Partial<CanonicalEvent> = {},
): CanonicalEvent {
  return eventOf({
    event_type: 'registrar.session.login_succeeded',
    timestamp,
    registrar_account: 'registrar-a/4711',
    actor_id: 'registrar-a:alice',
    source_kind: 'registrar_audit',
    source_ip: '192.0.2.1',
    auth_method: 'sso',
    enrich: { source },
    ...extra,
  });
}
