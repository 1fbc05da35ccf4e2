/**
 * Every feature a rule may read, under `feature.<group>.<field>` of an annotated event. The table is the source: types,
 * the rule linter's list of names and the telemetry reference come from it. An absent group or field means *unknown*,
 * never zero and never "good". Common fields: `known` (enough data to judge), `n` (samples behind the number),
 * `as_of` (RFC 3339 time of the newest input). Formulas: detection reference, section 3.
 */

/** How a feature field is typed in JSON. `texts` is a sorted list. */
export type FeatureFieldType = 'number' | 'integer' | 'boolean' | 'text' | 'texts';

type Table = Readonly<
  Record<string, Readonly<Record<string, readonly [type: FeatureFieldType, about: string]>>>
>;

const known = ['boolean', 'there was enough data to judge'] as const;
const n = ['integer', 'samples behind the number'] as const;
const asOf = ['text', 'time of the newest input, RFC 3339 UTC'] as const;
/** What every number that is measured against a normal carries. */
const measured = { known, n, as_of: asOf } as const;

/** All feature groups with type and meaning of each field. Names are stable: only additions within a major version. */
export const featureFields = {
  intent: {
    matched: ['text', 'id of the intent, or `approved_state`, that covers exactly this object and value'],
    mismatch: [
      'boolean',
      'a valid intent names this object with another value: the right name, the wrong value',
    ],
    mismatch_id: ['text', 'id of that intent'],
    step: ['boolean', 'one record on the way to the set that the matching intent names'],
    window_only: [
      'boolean',
      'only a time span covers the change (an intent without value for this object); approves nothing',
    ],
    restoring: ['boolean', 'the new value is the approved state of the inventory: the change restores it'],
    emergency: ['boolean', 'the matching intent is an emergency one'],
    late: ['boolean', 'the intent became known after the change'],
    outside_window: ['boolean', 'no valid intent of any kind covers this domain at this time'],
  },
  change: {
    state: [
      'text',
      'claimed, observed, agreed, contradicted or reverted: what the witnesses of this change fact say',
    ],
    changed: [
      'boolean',
      'the new value differs from the last known one; false for a repeated observation of the same state',
    ],
    first_look: ['boolean', 'nobody had told the value of this control before'],
    repeated: ['boolean', 'the same kind of source told the same value before'],
    witnesses: ['texts', 'source kinds that reported this change fact so far'],
    inside: ['boolean', 'a source on our side (audit, ticket, deployment) explains object and value'],
    outside: ['boolean', 'an outside witness (probe, RDAP, zone feed, resolver) saw it'],
    confidence: ['number', '1 - product(1 - c) over independent source kinds, 0..1'],
    epoch: ['integer', 'how many times this control changed before, as far as known'],
    control: [
      'text',
      'the control: nameservers, ds, statuses, registrar, account, expiry, glue, contact.*, record:<name>/<type>',
    ],
    lock_removed: ['boolean', 'a client or server transfer prohibition disappeared'],
    server_status_removed: ['texts', 'server*Prohibited statuses that disappeared'],
    hold_added: ['boolean', 'clientHold or serverHold appeared'],
    redacted_only: ['boolean', 'a contact change that only hides or shows redacted fields'],
  },
  deviation: {
    dev: ['number', '1 - product(1 - w*m) over the sets changed in this transaction, 0..1 (3.6)'],
    w: ['number', 'weight of this set: NS 1, MX 0.9, apex and critical hosts 0.8 ... TTL 0.1'],
    m: [
      'number',
      '0.3 inside an approved provider or CIDR, 0.2 known deployment, 0 approved value, 1 otherwise',
    ],
    apex: ['boolean', 'the record is at the zone apex'],
    critical_host: ['boolean', 'apex, www, login, api, mail, sso, or a critical host of the inventory'],
    outside_approved: ['boolean', 'the new value is not in the approved set'],
    inside_provider: ['boolean', 'inside an approved provider or alias, or name servers only added'],
    baseline: [
      'text',
      'approved, learned (14 days seen), previous (no baseline: compared with the last state) or none',
    ],
    cap_medium: [
      'boolean',
      'no baseline and neither NS, DS nor MX: findings standing on it are at most medium',
    ],
    ...measured,
  },
  spike: {
    score: ['number', '-log10 P(X >= x) of transactions in 5 minutes, Gamma-Poisson (3.1 sparse track)'],
    count: ['integer', 'transactions in the window, this one included'],
    max: ['integer', 'largest window of the last 30 days before this one'],
    alert: ['boolean', 'score >= 6, count >= 3 and count > max; with unknown history only the absolute rule'],
    absolute: ['boolean', '10 or more transactions in 5 minutes'],
    subject: ['text', 'what is counted: records, registrar, or logins'],
    cold_start: ['boolean', 'less than 14 days of history: findings are at most medium'],
    ...measured,
  },
  volume: {
    z: [
      'number',
      'Anscombe residual of the query count against the same hour of the last 4 weeks (3.1 dense track)',
    ],
    alert: ['boolean', 'z >= 6 in 2 consecutive buckets and count >= 2 * median, or z >= 10 once'],
    gone: ['boolean', 'z <= -6 in 3 consecutive buckets: traffic gone'],
    count: ['number', 'queries in the bucket'],
    median: ['number', 'median of the compared buckets'],
    cap_medium: ['boolean', 'less than 2 weeks of history: last 24 hours compared, findings at most medium'],
    ...measured,
  },
  churn: {
    value: ['number', 'sum w*g*2^(-age/24 h) of the domain (3.2)'],
    threshold: ['number', 'max(8, 2 * 95th percentile of the last 180 days)'],
    anomaly: ['boolean', 'value > threshold'],
    ...measured,
  },
  account_churn: {
    value: ['number', 'sum of tokens, MFA, delegates, contacts, passwords with half-life 72 h'],
    threshold: ['number', 'max(8, 2 * 95th percentile of the last 180 days)'],
    anomaly: ['boolean', 'value > threshold'],
    ...measured,
  },
  zone_share: {
    share: ['number', 'share of the known record sets of the zone changed within 5 minutes, 0..1'],
    sets: ['integer', 'record sets known in the zone'],
    edited: ['integer', 'distinct record sets changed within 5 minutes'],
    alert: ['boolean', 'share >= 0.2 and edited >= 5'],
    deployment: ['boolean', 'all of them carry one deployment id'],
    ...measured,
  },
  cluster: {
    kind: ['text', 'organisation, account, registrar or new_value'],
    key: ['text', 'account, registrar or value the cluster is about'],
    k: ['integer', 'distinct domains with an unapproved change of weight >= 2 in 60 minutes'],
    mu: ['number', 'expected number, from 180 days; domains/30 per day without history'],
    score: ['number', '-log10 P(Pois(mu) >= k)'],
    alert: ['boolean', 'score >= 4 and k >= 3'],
    domains: ['texts', 'the domains, at most 64'],
    scope: ['text', 'organisation, account, registrar or new_value (same as kind)'],
    cap_medium: [
      'boolean',
      'approval is unknown for all of them: at most medium until the change system answers',
    ],
    ...measured,
  },
  contact_cluster: {
    k: ['integer', 'distinct domains with a contact change in 60 minutes'],
    mu: ['number', 'expected number'],
    score: ['number', '-log10 P(Pois(mu) >= k)'],
    alert: ['boolean', 'score >= 4 and k >= 3'],
    domains: ['texts', 'the domains, at most 64'],
    ...measured,
  },
  mass_unlock: {
    k: [
      'integer',
      'distinct domains with unlock, auth code, transfer or account move in 60 min (or poll interval)',
    ],
    threshold: ['integer', 'max(3, ceil(mu + 3 sqrt(mu)) + 1); 2 when one of them is tier 0'],
    alert: ['boolean', 'k >= threshold, counting only domains no approved intent lists'],
    window_min: ['integer', 'window used, minutes'],
    domains: ['texts', 'the unapproved domains, at most 64'],
    ...measured,
  },
  novelty: {
    value: ['number', '1 - product(1 - w) over first-seen country 1, ASN 0.6, agent 0.3, method 0.8 (3.4)'],
    new: [
      'boolean',
      'a first-seen country, network or method for this actor, or a network no admin ever used',
    ],
    country_new: ['boolean', 'first in 90 days for this actor and not usual'],
    asn_new: ['boolean', 'first in 90 days for this actor and not usual'],
    agent_new: ['boolean', 'user-agent family first in 90 days'],
    method_new: ['boolean', 'authentication method first in 90 days and not usual'],
    org_asn_new: ['boolean', 'no admin of the tenant ever used this network'],
    cold_start: [
      'boolean',
      'fewer than 5 logins or 14 days and no usual places in the inventory: value is at most 0.4',
    ],
    ...measured,
  },
  travel: {
    alert: ['boolean', 'more than 500 km at more than 900 km/h between two logins'],
    speed_kmh: ['number', 'effective distance over max(time, 1 minute)'],
    distance_km: ['number', 'great-circle distance less both accuracy radii, not below 0'],
    ...measured,
  },
  mfa: {
    reset_72h: ['boolean', 'a factor or password of actor or account was reset or disabled in 72 h'],
    absent: ['boolean', 'the session or the account has no second factor'],
    account_kind: ['text', 'kind of second factor that the registrar account itself last stated'],
    unknown_after_move: ['boolean', 'the domain changed registrar and the MFA state there is not known'],
    failures_10m: ['integer', 'failed challenges of this actor in 10 minutes before this event'],
    fatigue: ['boolean', 'success after 5 or more failed challenges in 10 minutes'],
  },
  token: {
    age_days: ['number', 'since the token was created, as far as known'],
    idle_days: ['number', 'since its last use before this one; since creation when never used'],
    first_use: ['boolean', 'no earlier use is known'],
    new_asn: ['boolean', 'used from a network it was never used from'],
    dormant: ['boolean', 'first use, or idle for 30 days or more, or new network'],
    churn_24h: ['integer', 'tokens created and revoked in this account in 24 h'],
    rotation: ['boolean', 'one revoke per create by one actor: a rotation'],
    known,
  },
  recovery: {
    checked_at: ['text', 'last approved change or check of the recovery contact of the account'],
    target_on_file: ['boolean', 'the reset or recovery message went to a contact mailbox of the inventory'],
    known,
  },
  mailbox: {
    registrar_contact: [
      'boolean',
      'the mailbox receives registrar notices (contact_mailboxes of the inventory)',
    ],
    known,
  },
  sweep: {
    controls: ['integer', 'of {address, MX, mail TXT, NS, CAA, DS}, changed unapproved within 30 minutes'],
    kinds: ['texts', 'which'],
    alert: ['boolean', 'controls >= 3'],
    ...measured,
  },
  ttl: {
    lowered_before_change: [
      'boolean',
      'TTL went to <= 300 s and by half or more in the 48 h before this value change',
    ],
    lowered: ['boolean', 'this event lowers the TTL to <= 300 s and by half or more'],
    low_unapproved: ['boolean', 'answer outside the approved set with a TTL of at most 60 s'],
  },
  revert: {
    returned: ['boolean', 'the value is back at what it was before its excursion'],
    within_h: ['number', 'hours it was away'],
    away_value: ['texts', 'what it was meanwhile'],
    excursion_approved: ['boolean', 'the excursion had been approved'],
    deployment: ['boolean', 'all changes of the excursion were made by named deployments'],
    inside_provider: ['boolean', 'the excursion never left an approved provider (see deviation)'],
    vanished: ['boolean', 'nothing else was served meanwhile: the answers only stopped, as in an outage'],
    weight: [
      'number',
      'weight of the heaviest change of the excursion (see deviation); 0 where nothing is redirected',
    ],
    from_nothing: ['boolean', 'the name had no such record before the excursion'],
  },
  challenge: {
    usual: [
      'boolean',
      'an _acme-challenge record by somebody who has set them here for 14 days, or by a principal of the inventory from a usual network',
    ],
  },
  rollover: {
    planned: ['boolean', 'an intent names the new DS set'],
    overlap: ['boolean', 'old and new DS or keys stand together'],
    known,
  },
  mail_auth: {
    weakened: ['boolean', 'SPF, DKIM or DMARC protects less than before'],
    reasons: [
      'texts',
      'dmarc_removed, dmarc_lowered, dmarc_pct_lowered, spf_removed, spf_all_loosened, spf_include_unapproved, spf_lookups, dkim_removed, dkim_replaced ...',
    ],
    known,
  },
  caa: {
    loosened: ['boolean', 'the CAA set lost a restriction (RFC 8659, RFC 8657)'],
    reasons: ['texts', 'removed, issuer_added, account_dropped, methods_dropped, issuewild_loosened'],
    known,
  },
  answer: {
    vantages: ['integer', 'vantage points that returned it'],
    vantages_asked: ['integer', 'vantage points asked'],
    outside_approved: ['boolean', 'an answer lies outside the approved set'],
    empty: ['boolean', 'the name has no such record any more'],
    confirmed: ['boolean', '2 or more vantages agree, or two consecutive probes of one'],
    provider_unchanged: ['boolean', 'the state at the DNS provider still has the old value'],
    differs_from_provider: ['boolean', 'answers are not what the DNS provider has configured'],
    ...measured,
  },
  lame: {
    refused: ['boolean', 'all name servers refuse or fail'],
    since_h: ['number', 'hours since first seen lame'],
    claimed: ['boolean', 'after being lame the zone answers with an SOA or NS that is not approved'],
    dangling: ['boolean', 'a CNAME or address points to a resource that no longer exists'],
    known,
  },
  validation: {
    bogus_share: ['number', 'share of answers that failed DNSSEC validation, 0..1'],
    answers: ['integer', 'answers in the window'],
    own_failures: ['integer', 'consecutive failures at an own validator'],
    surge: ['boolean', 'share >= 0.05 with 50 or more answers, or own validator failed twice'],
    ...measured,
  },
  route: {
    covers_nameserver: ['boolean', 'the prefix holds an address of one of our name servers'],
    covers_service: ['boolean', 'the prefix holds an important host of a tier 0 or 1 domain'],
    more_specific: ['boolean', 'the announcement is more specific than the usual one'],
    rpki_invalid: ['boolean', 'origin validation says invalid (RFC 6811)'],
    origin_new: ['boolean', 'the origin was never seen for this prefix'],
    domains: ['texts', 'domains whose name servers or hosts the prefix holds, at most 64'],
    known,
  },
  expiry: {
    days_left: [
      'number',
      'days to the expiry known before any unpaid automatic extension; negative when past',
    ],
    auto_renew_confirmed: ['boolean', 'the registrar says auto-renew is on and it is not unpaid'],
    unpaid_auto_renew: [
      'boolean',
      'status autoRenewPeriod, or a date that jumped a year, while the registrar told no renewal',
    ],
    expired: ['boolean', 'the expiry without unpaid extension has passed'],
    retire: ['boolean', 'the inventory says this domain is meant to drop'],
    known,
  },
  certificate: {
    verdict: ['text', 'expected, new_but_ours, or issued_while_not_ours (state at issuance)'],
    ordered: ['boolean', 'an order of ours or a known key matches'],
    spki_known: ['boolean', 'the key was in use before'],
    issuer_approved: ['boolean', 'the issuer is in certificate_authorities'],
    account_approved: ['boolean', 'the ACME account is approved for this issuer'],
    caa_forbade: ['boolean', 'CAA known at issuance did not allow this issuer or account'],
    after_change: [
      'boolean',
      'within 24 h after an unapproved NS, address or MX change with dev >= 0.3, or an unusual _acme-challenge record',
    ],
    change_ids: ['texts', 'event ids of those changes'],
    not_ours: ['texts', 'controls that were not at approved values at issuance'],
    known,
  },
  lookalike: {
    score: ['integer', '0..100 (3.8)'],
    target: ['text', 'own name it imitates'],
    reasons: ['texts', 'what gave the points'],
    used_against_us: ['boolean', 'seen in our delegation, mail reports or answers'],
    known,
  },
  score: {
    value: ['number', 'control score 0..100 over known components'],
    coverage: ['number', 'share of the weight that is known, 0..1'],
    drop_15m: ['number', 'points lost in 15 minutes on components known at both times'],
    drop_24h: ['number', 'points lost in 24 hours on components known at both times'],
    drop: ['boolean', 'drop_15m >= 20 or drop_24h >= 30, with coverage >= 0.5'],
    low: ['boolean', 'below 40 on tier 0 or 1, with coverage >= 0.5'],
    components: ['texts', 'components that fell'],
    ...measured,
  },
  drift: {
    jsd: ['number', 'Jensen-Shannon divergence (base 2) of answer networks of the hour from its 4-week mean'],
    unapproved_share: ['number', 'greatest share of one network neither approved nor usual, 0..1'],
    alert: ['boolean', 'jsd >= 0.2 with 200 or more answers and unapproved_share >= 0.05'],
    ...measured,
  },
  attribution: {
    witnesses: ['texts', 'source kinds that saw the change'],
    degraded: ['boolean', 'an inside source that could explain it was silent: likelihood 0.6, not 0.9'],
    reasons: ['texts', 'silent inside sources'],
    missing: ['boolean', 'false when a later explanation withdraws the statement'],
    explained_by: ['text', 'event or intent id of the late explanation'],
    control: ['text', 'which control changed'],
    emptied: ['boolean', 'nothing is there any more: an outage, or the step before another value'],
    inside_provider: ['boolean', 'the change stays inside an approved provider (see deviation)'],
    waited_min: ['integer', 'minutes waited for an explanation'],
  },
  pivot: {
    value: ['text', 'the new value'],
    domains: ['integer', 'domains of the tenant that now have it'],
    names: ['texts', 'those domains, at most 16'],
    first_seen: ['text', 'when it was first seen in the tenant'],
    first_seen_min: ['number', 'minutes since then'],
    approved_elsewhere: ['boolean', 'another domain of the tenant has it in its approved state'],
  },
  reach: {
    domains: ['integer', 'domains this identity can change'],
    touched_72h: ['texts', 'domains it touched in 72 h, at most 64'],
    admins: ['integer', 'admins of the account, this one included'],
    factor: ['number', '1 touched, 0.5 one of at most 5 admins, 0.2 otherwise (3.9)'],
  },
  coverage: {
    blind: ['texts', 'source kinds silent at this time: of the tenant, or of what watches this entity'],
    heard: ['texts', 'sources that spoke about this entity of late: kind/id'],
    blind_min: ['number', 'minutes without any witness for this control'],
    registrar_session_24h: ['boolean', 'somebody was logged in at the registrar in the last 24 h'],
    known,
  },
} as const satisfies Table;

export type { FeatureOf, Features } from './feature-types.ts';

/** Name of a feature group. */
export type FeatureGroup = keyof typeof featureFields;

/** True when `path` (`<group>.<field>`, without the leading `feature.`) names a feature of this version. */
export function isFeaturePath(path: string): boolean {
  const dot = path.indexOf('.');
  if (dot < 0) return false;
  const group = path.slice(0, dot);
  if (!Object.hasOwn(featureFields, group)) return false;
  return Object.hasOwn(featureFields[group as FeatureGroup], path.slice(dot + 1));
}
