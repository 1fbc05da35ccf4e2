/** Shapes of the lists behind the pages: history and coverage by domain, silences, quarantine. Null means unknown, never zero. */
import Type from 'typebox';

const text = Type.String();
const textOrNull = Type.Union([text, Type.Null()]);
const numberOrNull = Type.Union([Type.Number(), Type.Null()]);

/** A domain over time, each list oldest first and bounded. Times RFC 3339 UTC. */
export const DomainHistorySchema = Type.Object({
  certificates: Type.Array(
    Type.Object({
      id: text,
      event_id: text,
      at: text,
      names: Type.Array(text),
      issuer: textOrNull,
      serial: textOrNull,
      not_before: textOrNull,
      not_after: textOrNull,
      spki_sha256: textOrNull,
      acme_account_uri: textOrNull,
      log: textOrNull,
      source_kind: text,
      /** `expected`, `new_but_ours`, `issued_while_not_ours`; null: nothing to judge by. */
      verdict: textOrNull,
    }),
  ),
  /** As each source told it: the same change may stand here once per source. */
  changes: Type.Array(
    Type.Object({
      event_id: text,
      at: text,
      type: text,
      object: textOrNull,
      old: Type.Unknown(),
      new: Type.Unknown(),
      source_kind: text,
      actor_id: textOrNull,
      approval_state: text,
    }),
  ),
  /** Queries per quarter of an hour; quarters nobody reported are left out. */
  query_volume: Type.Array(Type.Object({ at: text, count: Type.Number() })),
  /** Control score at each change of one of its parts, and now. */
  score: Type.Array(Type.Object({ at: text, score: numberOrNull })),
});

/** Which kinds of source see a domain. */
export const DomainCoverageSchema = Type.Object({
  tenant: text,
  domain: text,
  tier: numberOrNull,
  team: textOrNull,
  kinds: Type.Array(
    Type.Object({
      source_kind: text,
      /**
       * `stale`: the source lives, but its last look at this domain is too old. `partial`: some sources of this kind are silent,
       * and this domain may be theirs.
       */
      state: Type.Enum(['live', 'silent', 'stale', 'partial']),
      /** Configured sources that are silent now and speak, or may speak, about this domain. */
      silent_sources: Type.Array(text),
      /** Minutes of the last 24 h in which this kind did not see this very domain. */
      blind_minutes_24h: Type.Number(),
      last_checked: textOrNull,
      /** Last word of this kind about this domain; null: none yet, or it speaks only when something changes. */
      last_seen: textOrNull,
      /** How often it is expected to look or to show that it lives. */
      interval_ms: Type.Number(),
    }),
  ),
});

/** A silence that people set on our alerts in Grafana or an Alertmanager. */
export const SilenceViewSchema = Type.Object({
  id: text,
  /** Id of the place in the configuration. */
  place: text,
  /** Null: it concerns every tenant. */
  tenant: textOrNull,
  /** As written in Alertmanager: `domain="pay.example"`. */
  matchers: Type.Array(text),
  state: text,
  created_by: text,
  comment: text,
  starts_at: text,
  ends_at: text,
  /** Longer than usual: it was told to the stream and the audit log. */
  long: Type.Boolean(),
});

/** A record that could not be read. */
export const QuarantineViewSchema = Type.Object({
  id: text,
  tenant: text,
  source: text,
  received_at: text,
  code: text,
  path: text,
  message: text,
  normaliser: text,
  content_type: text,
  size: Type.Integer(),
  state: Type.Enum(['open', 'redriven', 'discarded']),
  /** The first 4,096 bytes as text, null when they are no UTF-8. */
  beginning: textOrNull,
});

/** What a check of the whole audit log and its signed checkpoints said a moment ago. */
export const AuditVerificationSchema = Type.Object({
  ok: Type.Boolean(),
  checked_at: text,
  entries: Type.Integer(),
  /** Entries below this number are covered by a signature that holds. */
  signed_entries: Type.Integer(),
  checkpoints: Type.Integer(),
  /** In words; the first names the first entry that is altered, missing or out of order. */
  problems: Type.Array(text),
});

/** Domain over time. */
export type DomainHistory = Type.Static<typeof DomainHistorySchema>;
/** Sources by domain. */
export type DomainCoverage = Type.Static<typeof DomainCoverageSchema>;
/** Silence elsewhere. */
export type SilenceView = Type.Static<typeof SilenceViewSchema>;
/** Quarantine list entry. */
export type QuarantineView = Type.Static<typeof QuarantineViewSchema>;

/** A value that several domains of a tenant have now: where an attack on many names shows. */
export const SharedValueSchema = Type.Object({
  tenant: Type.String(),
  /** `ns`, `address`, `mx`, `cname`, `acme` (account of a certificate), `account` (registrar account), `network` or `actor` (unapproved changes). */
  kind: Type.String(),
  value: Type.String(),
  /** Domains that have it; `names` are the first of them. */
  domains: Type.Integer(),
  names: Type.Array(Type.String()),
  first_seen: Type.String(),
  /** Of all domains, how many have it in their approved state. */
  approved: Type.Integer(),
  /** In words: `8 domains now have ns1.stranger.example, first seen 14 minutes ago`. */
  text: Type.String(),
});

/** Shared value list entry. */
export type SharedValueView = Type.Static<typeof SharedValueSchema>;
