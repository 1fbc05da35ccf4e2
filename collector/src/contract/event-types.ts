/**
 * The closed vocabulary of canonical event types, with the OCSF 1.8.0 class and activity each maps to.
 *
 * Pattern `<family>.<object>.<past tense>`: a type says what happened, never how bad it is or which product said so.
 * Adding a type is a minor schema version; renaming or removing one is a new major version.
 */

/** OCSF class uid and activity id; `99` is OCSF's "Other". Absent: OCSF base event. */
export interface OcsfActivity {
  readonly classUid: number;
  readonly activityId: number;
}

type Row = readonly [prefix: string, classUid: number, types: Readonly<Record<string, number>>];

const rows: readonly Row[] = [
  ['registrar.session.', 3002, { login_succeeded: 1, login_failed: 1 }],
  [
    'registrar.account.',
    3001,
    {
      password_changed: 3,
      password_reset_requested: 4,
      mfa_enabled: 10,
      mfa_disabled: 11,
      mfa_reset: 11,
      recovery_started: 99,
      recovery_contact_changed: 99,
      balance_low: 99,
    },
  ],
  ['registrar.account.', 3005, { delegate_added: 1, delegate_removed: 2, role_changed: 3 }],
  [
    'registrar.account.',
    3004,
    { api_token_created: 1, api_token_revoked: 4, ip_allowlist_changed: 3, billing_changed: 3 },
  ],
  [
    'registrar.domain.',
    3004,
    {
      registered: 1,
      renewed: 3,
      auto_renew_changed: 3,
      expiry_approaching: 99,
      expired: 99,
      redemption_started: 99,
      restored: 13,
      deleted: 4,
      state_observed: 2,
      lock_disabled: 3,
      lock_enabled: 3,
      registry_lock_disabled: 3,
      registry_lock_enabled: 3,
      status_changed: 3,
      hold_applied: 12,
      hold_removed: 13,
      auth_code_requested: 3,
      auth_code_changed: 3,
      transfer_requested: 3,
      transfer_approved: 3,
      transfer_rejected: 3,
      transfer_cancelled: 3,
      transfer_completed: 5,
      account_moved: 5,
      registrar_changed: 5,
      contact_changed: 3,
      privacy_changed: 3,
      nameservers_changed: 3,
      glue_changed: 3,
      ds_added: 3,
      ds_removed: 3,
      ds_changed: 3,
    },
  ],
  ['registrar.support.', 3004, { request_opened: 1, request_closed: 3 }],
  ['registrar.dispute.', 3004, { opened: 1, closed: 3 }],
  [
    'dns.zone.',
    3004,
    {
      created: 1,
      deleted: 4,
      imported: 3,
      updated: 3,
      soa_changed: 3,
      dnssec_enabled: 3,
      dnssec_disabled: 3,
      key_rolled: 3,
      resolution_changed: 3,
      transferred_out: 2,
      transferred_in: 2,
      update_received: 99,
      notify_received: 99,
    },
  ],
  ['dns.zone.', 2004, { delegation_mismatch: 1, lame_delegation_detected: 1, claimed_elsewhere: 1 }],
  ['dns.record.', 3004, { created: 1, updated: 3, deleted: 4, ttl_changed: 3 }],
  ['dns.provider.', 3004, { api_token_created: 1, api_token_revoked: 4, edge_config_changed: 3 }],
  ['dns.provider.', 3005, { member_added: 1, member_removed: 2 }],
  [
    'dnsquery.',
    4003,
    {
      'query.logged': 1,
      'answer.observed': 2,
      'answer.changed': 2,
      'validation.failed': 2,
      'volume.observed': 6,
      'rcode_mix.observed': 6,
    },
  ],
  ['dnsquery.route.', 0, { origin_changed: 0 }],
  [
    'cert.',
    3004,
    {
      precert_logged: 1,
      issued: 1,
      renewed: 3,
      served_changed: 3,
      private_key_changed: 3,
      revoked: 4,
      expiring: 99,
      order_requested: 99,
      order_failed: 99,
    },
  ],
  [
    'identity.session.',
    3002,
    {
      login_succeeded: 1,
      login_failed: 1,
      mfa_challenged: 99,
      access_denied: 99,
      impersonated: 7,
      revoked: 2,
    },
  ],
  ['identity.session.', 2004, { risk_flagged: 1 }],
  [
    'identity.user.',
    3001,
    {
      created: 1,
      deleted: 6,
      disabled: 5,
      updated: 99,
      contact_changed: 99,
      recovery_changed: 99,
      password_reset: 4,
      mfa_enrolled: 10,
      mfa_removed: 11,
      mfa_reset: 11,
      password_changed: 3,
      password_viewed: 99,
      locked: 9,
    },
  ],
  ['identity.role.', 3005, { granted: 3, revoked: 4 }],
  ['identity.group.', 3006, { member_added: 3, member_removed: 4, updated: 3 }],
  ['identity.token.', 3004, { created: 1, revoked: 4, viewed: 2 }],
  ['identity.app.', 3004, { consented: 3, assignment_changed: 3 }],
  ['identity.policy.', 3004, { changed: 3 }],
  ['identity.federation.', 3004, { changed: 3 }],
  ['identity.tenant_domain.', 3004, { changed: 3 }],
  ['identity.device.', 3004, { enrolled: 6 }],
  ['identity.scim.', 3004, { provisioned: 1 }],
  ['identity.log.', 1008, { tampered: 10 }],
  [
    'mail.',
    6003,
    {
      'rule.forwarding_created': 1,
      'rule.forwarding_removed': 4,
      'rule.changed': 3,
      'account.delegate_added': 3,
      'connector.changed': 3,
      'settings.changed': 3,
    },
  ],
  ['mail.', 4009, { 'notice.received': 2, 'auth.report_received': 99, 'auth.report_anomaly': 99 }],
  ['mail.', 2004, { 'security.alert': 1 }],
  ['intel.', 5021, { 'domain.newly_registered': 1, 'asn.flagged': 1, 'user_report.received': 1 }],
  ['intel.', 2004, { 'lookalike.found': 1 }],
  ['change.', 3004, { 'request.opened': 1, 'request.approved': 3, 'request.closed': 3 }],
  ['change.', 6002, { 'deployment.started': 8, 'deployment.finished': 8 }],
  [
    'derived.',
    2004,
    {
      'attribution.missing': 1,
      'spike.detected': 1,
      'churn.anomaly': 1,
      'cluster.detected': 1,
      'control_score.changed': 1,
      'entity_risk.changed': 1,
      'drift.detected': 1,
      'lookalike.scored': 1,
    },
  ],
  [
    'pipeline.',
    1008,
    {
      'source.heartbeat': 99,
      'source.silent': 99,
      'source.recovered': 99,
      'schema.rejected': 99,
      'event.duplicate': 99,
      'event.late': 99,
      'consumer.lagging': 99,
      'state.restored': 99,
      'replay.started': 99,
      'replay.completed': 99,
      'rule.changed': 99,
      'suppression.created': 99,
      'suppression.expired': 99,
      'suppression.applied': 99,
      'baseline.approved': 99,
      'alert.delivered': 99,
      'alert.failed': 99,
      'access.viewed': 99,
    },
  ],
  ['other.', 0, { activity: 0 }],
];

const ocsfByType = new Map<string, OcsfActivity | undefined>(
  rows.flatMap(([prefix, classUid, types]) =>
    Object.entries(types).map(
      ([name, activityId]) => [prefix + name, classUid === 0 ? undefined : { classUid, activityId }] as const,
    ),
  ),
);

/** Every canonical event type, sorted by code unit. */
export const eventTypes: readonly string[] = [...ocsfByType.keys()].sort();

/** The type kept for events whose name the source gave and this schema does not know. */
export const otherActivity = 'other.activity';

/** True when `name` is in the vocabulary of this schema version. */
export function isEventType(name: string): boolean {
  return ocsfByType.has(name);
}

/** OCSF 1.8.0 class and activity of a type; undefined means OCSF base event, also for unknown types. */
export function ocsfActivityOf(eventType: string): OcsfActivity | undefined {
  return ocsfByType.get(eventType);
}
