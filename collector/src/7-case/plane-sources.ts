/** Which kinds of source speak about which plane of control, and which planes nobody watches at a moment. */
import type { SourceKind } from '../contract/event.ts';
import type { Plane } from '../contract/severity.ts';
import type { Turn } from './turn.ts';

/** Planes that carry risk, with the kinds of source that can show something on them. */
export const planeSources: readonly (readonly [plane: Plane, kinds: readonly SourceKind[]])[] = [
  ['registrar', ['registrar_audit', 'registrar_notice_mail', 'registrar_api_state', 'epp_poll', 'rdap_poll']],
  ['dns', ['delegation_probe', 'answer_probe', 'dns_provider_audit', 'dns_provider_api_state', 'zone_feed']],
  ['identity', ['identity_log', 'cloud_audit']],
  ['cert', ['ct_log', 'acme_log']],
  ['mail', ['mail_log', 'dmarc_report']],
  ['query', ['resolver_log', 'authoritative_log', 'bgp_feed']],
  ['intel', ['zone_feed', 'ct_log']],
];

/** Planes for which the tenant has no source that lives at the turn's time: what happens there adds to no risk. */
export function silentPlanes(turn: Turn): Plane[] {
  const { sources } = turn.context;
  return planeSources
    .filter(
      ([, kinds]) => !kinds.some((kind) => sources.status(turn.tenant, kind, turn.nowMs)?.alive === true),
    )
    .map(([plane]) => plane);
}
