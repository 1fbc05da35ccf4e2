/** Drafts that the DNS feeds have in common: a query seen, a change of a record set, a message about a zone. */
import type { SourceKind } from '../contract/event.ts';
import { limits } from '../contract/limits.ts';
import type { EventDraft } from '../contract/normaliser.ts';
import { recordTypeName } from '../leaf/dns-codes.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import type { RecordChange } from '../leaf/record-change.ts';
import { canonicalRecordSet } from '../leaf/record-data.ts';
import { formatInstant } from '../leaf/time.ts';
import { blankDraft } from './blank-draft.ts';

/** Where a fact comes from and when it was; the same for all facts of one record. */
export interface DnsWitness {
  /** Product or protocol, for `source_system`. */
  readonly system: string;
  readonly kind: SourceKind;
  readonly instance?: string;
  readonly acquisition: EventDraft['acquisition'];
  readonly confidence: number;
  readonly confidenceBasis: string;
  readonly timeMs: number;
  /** When only an interval is known: last time the old state was seen, epoch milliseconds. */
  readonly earliestMs?: number;
  readonly precision: EventDraft['timestamp_precision'];
}

type OpenDraft = Partial<EventDraft> & Pick<EventDraft, 'event_type' | 'key' | 'atom'>;

/** Longest text the event schema takes for one value. */
const valueCharsMax = 4000;
const nameCharsMax = 255;

function fit(value: string): string {
  return value.length <= valueCharsMax
    ? value
    : `${value.slice(0, valueCharsMax)} … (${value.length} characters)`;
}

/** Text or number of an open document as text; '' for everything else. */
export function plainText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Registrable domain of a name for `domain`; the zone itself when it is a public suffix or a private TLD. */
export function domainOf(name: string, zone?: string): string | undefined {
  const domain = registrableDomain(name) ?? zone;
  return domain === undefined || domain === '.' || domain.length > nameCharsMax ? undefined : domain;
}

/** Canonical form of a name; a name outside host rules keeps its octets, folded, without final dot. */
export function nameOf(text: string): string {
  if (text === '') return '.';
  const canonical = canonicalName(text);
  if (canonical !== undefined) return canonical;
  const folded = text.toLowerCase();
  return folded.length > 1 && folded.endsWith('.') ? folded.slice(0, -1) : folded;
}

/** A draft with everything every DNS fact carries. Actor unknown: DNS messages name no person. */
export function dnsDraft(witness: DnsWitness, draft: OpenDraft): EventDraft {
  const recordName = draft.record_name;
  const long = recordName !== undefined && recordName.length > nameCharsMax;
  const complete: EventDraft = {
    ...blankDraft,
    outcome: 'success',
    timestamp: formatInstant(witness.timeMs),
    timestamp_precision: witness.precision,
    source_system: witness.system,
    source_kind: witness.kind,
    acquisition: witness.acquisition,
    confidence: witness.confidence,
    confidence_basis: witness.confidenceBasis,
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    approval_state: 'not_checked',
    timestamp_earliest: witness.earliestMs === undefined ? undefined : formatInstant(witness.earliestMs),
    source_instance: witness.instance,
    key: draft.key,
    atom: draft.atom,
    event_type: draft.event_type,
  };
  Object.assign(complete, draft);
  if (long) {
    complete.record_name = undefined;
    complete.source = { ...complete.source, record_name_long: recordName };
  }
  // A log line may quote anything as a zone; what is no name stays in the source's own words.
  if (draft.zone !== undefined && (draft.zone === '' || draft.zone.length > nameCharsMax)) {
    complete.zone = undefined;
    complete.source = { ...complete.source, zone_text: draft.zone.slice(0, 1024) };
  }
  return complete;
}

function changeType(change: RecordChange): string {
  if (change.old === null) return 'dns.record.created';
  if (change.new === null) return 'dns.record.deleted';
  return change.old.join('\n') === change.new.join('\n') ? 'dns.record.ttl_changed' : 'dns.record.updated';
}

function difference(a: readonly string[], b: readonly string[]): string[] {
  const other = new Set(b);
  return a.filter((value) => !other.has(value));
}

/** Fields of a change: type, old and new value, what came and went, and TTLs. Empty change sets never get here. */
export function recordChangeDraft(
  witness: DnsWitness,
  change: RecordChange,
  draft: Partial<EventDraft> & Pick<EventDraft, 'key'>,
): EventDraft {
  const before = change.old === null ? null : canonicalRecordSet(change.type, change.old).map(fit);
  const after = change.new === null ? null : canonicalRecordSet(change.type, change.new).map(fit);
  const added = difference(after ?? [], before ?? []);
  const removed = difference(before ?? [], after ?? []);
  const over =
    Math.max(0, added.length - limits.setItemsMax) + Math.max(0, removed.length - limits.setItemsMax);
  const domain = domainOf(change.name, draft.zone);
  return dnsDraft(witness, {
    event_type: changeType(change),
    ...(domain !== undefined ? { domain } : {}),
    record_name: change.name,
    record_type: recordTypeField(change.type),
    old_value: before,
    new_value: after,
    old_known: true,
    added: added.slice(0, limits.setItemsMax),
    removed: removed.slice(0, limits.setItemsMax),
    ...(over > 0 ? { truncated: over } : {}),
    ...(change.ttlOld !== undefined ? { ttl_old: change.ttlOld } : {}),
    ...(change.ttlNew !== undefined ? { ttl_new: change.ttlNew } : {}),
    ...(change.ttlOld !== undefined && change.ttlNew !== undefined
      ? { ttl_delta: change.ttlNew - change.ttlOld }
      : {}),
    ...draft,
    atom: `${change.name}/${change.type}`,
  });
}

/** One query or response as a log or tap tells it. Absent parts are unknown. */
export interface QuerySeen {
  /** Name as written by the source, any case, final dot or not. */
  readonly question: string;
  readonly type: string;
  /** Who asked: a stub or resolver address in canonical form. */
  readonly client?: string;
  /** Who answered, or the resolver that asked an authoritative server. */
  readonly resolver?: string;
  readonly rcode?: string;
  readonly answers?: readonly string[];
  readonly validated?: boolean;
  readonly source?: Record<string, unknown>;
}

/** `dnsquery.query.logged` for one query. A response code other than NOERROR and NXDOMAIN makes the outcome a failure. */
export function queryDraft(witness: DnsWitness, seen: QuerySeen, key: readonly string[]): EventDraft {
  const name = nameOf(seen.question);
  const domain = domainOf(name);
  const type = recordTypeField(seen.type);
  const outcome =
    seen.rcode === undefined
      ? 'unknown'
      : seen.rcode === 'NOERROR' || seen.rcode === 'NXDOMAIN'
        ? 'success'
        : 'failure';
  return dnsDraft(witness, {
    event_type: 'dnsquery.query.logged',
    outcome,
    domain,
    record_name: name,
    record_type: type,
    source_ip: seen.client ?? seen.resolver,
    query: {
      count: 1,
      question: `${name} ${type}`,
      client: seen.client,
      resolver: seen.resolver,
      rcode: seen.rcode,
      by_rcode: seen.rcode === undefined ? undefined : { [seen.rcode]: 1 },
      answers: seen.answers?.slice(0, limits.setItemsMax).map(fit),
      validated: seen.validated,
    },
    source: seen.question === name ? { ...seen.source } : { native_name: seen.question, ...seen.source },
    key,
    atom: `${name}/${seen.type}`,
  });
}

/** Record type in the letters the schema allows; anything else becomes absent-like `TYPE0`. */
export function recordTypeField(type: string): string {
  const upper = type.toUpperCase();
  if (upper === '*') return 'ANY';
  // Servers older than a type write its number (RFC 3597 section 5).
  const numbered = /^TYPE(\d{1,5})$/.exec(upper);
  if (numbered !== null) return recordTypeName(Number(numbered[1]) & 0xffff);
  return /^[A-Z][A-Z0-9-]{0,15}$/.test(upper) ? upper : 'TYPE0';
}
