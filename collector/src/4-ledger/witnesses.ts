/** Which kinds of source speak from inside, and which watch from outside. */

const insideKinds: ReadonlySet<string> = new Set([
  'registrar_audit',
  'dns_provider_audit',
  'cloud_audit',
  'change_mgmt',
  'acme_log',
]);

const outsideKinds: ReadonlySet<string> = new Set([
  'rdap_poll',
  'zone_feed',
  'delegation_probe',
  'answer_probe',
  'resolver_log',
  'authoritative_log',
  'ct_log',
  'bgp_feed',
  'dmarc_report',
  'registrar_notice_mail',
  'epp_poll',
]);

const notWitnesses: ReadonlySet<string> = new Set([
  'ct_log',
  'manual',
  'pipeline',
  'dmarc_report',
  'bgp_feed',
]);

/** True when a record of this source names actor and act, so that it explains a change. */
export function isInside(kind: string): boolean {
  return insideKinds.has(kind);
}

/** True when the source looks from outside: its view is what is in force, not what we configured. */
export function isOutside(kind: string): boolean {
  return outsideKinds.has(kind);
}

/** True when the source alone makes a change a fact that needs an explanation (3.10): certificates, reports and people do not. */
export function isWitness(kind: string): boolean {
  return !insideKinds.has(kind) && !notWitnesses.has(kind);
}

/** Inside source kinds that could explain a change of this control, the most direct first. */
export function explainingKinds(control: string): readonly string[] {
  if (control.startsWith('record:') || control.startsWith('ttl:'))
    return ['dns_provider_audit', 'cloud_audit', 'registrar_audit'];
  return ['registrar_audit', 'cloud_audit'];
}

/** Outside source kinds that will see a change of this control. */
export function observingKinds(control: string): readonly string[] {
  if (control.startsWith('record:')) return ['answer_probe', 'zone_feed'];
  if (control === 'nameservers' || control === 'ds' || control.startsWith('glue'))
    return ['delegation_probe', 'rdap_poll'];
  return ['rdap_poll', 'epp_poll'];
}
