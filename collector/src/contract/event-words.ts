/** The closed vocabularies of the canonical event; `unknown` is a word of its own where a source may leave it open. */

/** Kinds of witness. A kind, not a product: `source_system` names the product. */
export const sourceKinds = [
  'registrar_audit',
  'registrar_notice_mail',
  'registrar_api_state',
  'epp_poll',
  'rdap_poll',
  'zone_feed',
  'dns_provider_audit',
  'dns_provider_api_state',
  'delegation_probe',
  'answer_probe',
  'resolver_log',
  'authoritative_log',
  'ct_log',
  'acme_log',
  'identity_log',
  'cloud_audit',
  'mail_log',
  'dmarc_report',
  'bgp_feed',
  'change_mgmt',
  'manual',
  'pipeline',
] as const;

/** One of the 22 witness kinds. */
export type SourceKind = (typeof sourceKinds)[number];

/** Whether what was tried came about. */
export const outcomes = ['success', 'failure', 'attempt', 'unknown'] as const;
/** How exactly `timestamp` is known. */
export const precisions = ['ms', 's', 'm', 'h', 'd', 'interval'] as const;
/** How the fact got here. */
export const acquisitions = ['push', 'poll', 'diff', 'passive', 'inferred', 'manual'] as const;
/** What kind of actor acted. */
export const actorTypes = [
  'user',
  'service',
  'token',
  'registrar_staff',
  'provider_staff',
  'registry',
  'system',
  'unknown',
] as const;
/** Whose actor it was. */
export const actorOrigins = ['customer', 'provider_support', 'registry', 'third_party', 'unknown'] as const;
/** How the actor proved who it is. */
export const authMethods = ['password', 'sso', 'token', 'passkey', 'support', 'registry', 'unknown'] as const;
/** Second factor of a sign-in. */
export const mfaKinds = ['none', 'sms', 'totp', 'push', 'webauthn', 'unknown'] as const;
/** What change management said about it. */
export const approvalStates = ['approved', 'pending', 'rejected', 'not_found', 'not_checked'] as const;
