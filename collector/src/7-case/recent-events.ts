/** What happened lately to a name, an account or a person: the part of the story that comes before the first finding. */
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Evidence } from '../contract/finding.ts';
import { ageText } from '../leaf/age-text.ts';
import { stateName, type MemoryKind } from './case-record.ts';
import { lookAgain } from './expiry.ts';
import type { Turn } from './turn.ts';

/** One remembered event or finding, small. `what` is the event type, `ref` the id of the event or finding. */
export interface RememberedEvent {
  readonly ms: number;
  readonly ref: string;
  readonly what: string;
  readonly evidence: Evidence;
  readonly actor?: string;
  /** The actor as the inventory names them; absent when it does not know them, or by `actor` already. */
  readonly person?: string;
  readonly outcome?: string;
  /** Free words of an event without values: login user, target role, mailbox, ticket. */
  readonly note?: string;
  /** What ties it to events of other names, in words; absent when nothing does. */
  readonly shared?: string;
}

const uninteresting = new Set([
  'dnsquery.query.logged',
  'dnsquery.volume.observed',
  'dnsquery.rcode_mix.observed',
  'dnsquery.answer.observed',
  'registrar.domain.state_observed',
  'dns.zone.notify_received',
  'dns.zone.transferred_out',
  'dns.zone.soa_changed',
  'other.activity',
]);

/** True for events that tell something in a case; false for traffic, heartbeats and states without change. */
export function isStory(event: CanonicalEvent): boolean {
  const type = event.event_type;
  if (type === 'registrar.domain.state_observed')
    return event.old_value !== undefined && event.old_value !== null;
  if (uninteresting.has(type)) return false;
  if (type.startsWith('pipeline.'))
    return type === 'pipeline.rule.changed' || type === 'pipeline.baseline.approved';
  return !type.startsWith('derived.');
}

const valueItemsMax = 16;
const valueCharsMax = 512;

function smallValue(value: EventValue | undefined): unknown {
  if (typeof value === 'string') return value.slice(0, valueCharsMax);
  if (!Array.isArray(value)) return value;
  return value.slice(0, valueItemsMax).map((item) => item.slice(0, valueCharsMax));
}

/** The facts of an event, as they stand in findings. */
export function evidenceOfEvent(event: CanonicalEvent): Evidence {
  const evidence: Evidence = {
    event_id: event.event_id,
    event_type: event.event_type,
    timestamp: event.timestamp,
    ingested_at: event.ingested_at,
    source_kind: event.source_kind,
    source_system: event.source_system,
    confidence: event.confidence,
    approval_state: event.approval_state,
  };
  if (event.timestamp_earliest !== undefined) evidence.earliest = event.timestamp_earliest;
  if (event.domain !== undefined) evidence.domain = event.domain;
  if (event.registrar_account !== undefined) evidence.registrar_account = event.registrar_account;
  if (event.actor_id !== 'unknown') evidence.actor_id = event.actor_id;
  if (event.source_ip !== undefined) evidence.source_ip = event.source_ip;
  if (event.record_name !== undefined) evidence.record_name = event.record_name;
  if (event.record_type !== undefined) evidence.record_type = event.record_type;
  if (event.attribute !== undefined) evidence.attribute = event.attribute;
  if (event.old_value !== undefined && event.old_known !== false)
    evidence.old_value = smallValue(event.old_value);
  if (event.new_value !== undefined) evidence.new_value = smallValue(event.new_value);
  if (event.change_fact_id !== undefined) evidence.change_fact_id = event.change_fact_id;
  return evidence;
}

/** `8 domains now have ns1.stranger.example (first seen 14 minutes ago)`. No person is named: the veil of a case knows only its own. */
function sharedText(event: CanonicalEvent): string | undefined {
  const pivot = event.feature?.['pivot'] as FeatureOf<'pivot'> | undefined;
  const domains = pivot?.domains ?? 0;
  if (pivot?.value === undefined || domains < 2 || pivot.approved_elsewhere === true) return undefined;
  const kind = pivot.value.slice(0, pivot.value.indexOf(':'));
  const value = pivot.value.slice(kind.length + 1);
  const tie =
    kind === 'actor'
      ? `One person changed ${domains} domains without approval`
      : `${domains} domains now have ${kind === 'acme' ? 'ACME account ' : kind === 'account' ? 'registrar account ' : ''}${value}`;
  return `${tie} (first seen ${ageText((pivot.first_seen_min ?? 0) * 60_000)})`;
}

function noteOf(event: CanonicalEvent): string | undefined {
  const parts: string[] = [];
  const { identity, mail, cert } = event;
  if (identity?.target_role !== undefined) parts.push(`role ${identity.target_role}`);
  if (identity?.target_user !== undefined) parts.push(`for ${identity.target_user}`);
  if (identity?.app !== undefined) parts.push(`in ${identity.app}`);
  if (mail?.mailbox !== undefined) parts.push(`mailbox ${mail.mailbox}`);
  if (mail?.forward_to_domain !== undefined) parts.push(`to ${mail.forward_to_domain}`);
  if (cert !== undefined) {
    const names = cert.names ?? [];
    const shown = names.slice(0, 3).join(', ');
    if (shown !== '')
      parts.push(`for ${shown}${names.length > 3 ? ` and ${names.length - 3} more names` : ''}`);
    const issuer = cert.issuer_cn ?? cert.issuer_org;
    if (issuer !== undefined) parts.push(`by ${issuer}`);
  }
  if (event.change_request_id !== undefined) parts.push(`ticket ${event.change_request_id}`);
  if (event.source_ip !== undefined) parts.push(`from ${event.source_ip}`);
  const country = (event.enrich?.['source'] as { country?: unknown } | undefined)?.country;
  if (event.source_ip !== undefined && typeof country === 'string') parts.push(`(${country})`);
  return parts.length === 0 ? undefined : parts.join(' ').slice(0, valueCharsMax);
}

/** The inventory's id of somebody, by whichever of their names the source used; undefined when it does not know them. */
export function enrichedPerson(event: CanonicalEvent, group: 'actor' | 'subject'): string | undefined {
  const principal = (event.enrich?.[group] as { principal?: unknown } | undefined)?.principal;
  return typeof principal === 'string' ? principal : undefined;
}

/** An event as remembered. */
export function rememberedEvent(event: CanonicalEvent, ms: number): RememberedEvent {
  const note = noteOf(event);
  const shared = sharedText(event)?.slice(0, valueCharsMax);
  const person = enrichedPerson(event, 'actor');
  // Frozen, because state shares what is frozen instead of copying it.
  return Object.freeze({
    ms,
    ref: event.event_id,
    what: event.event_type,
    evidence: Object.freeze(evidenceOfEvent(event)),
    ...(event.actor_id === 'unknown' ? {} : { actor: event.actor_id }),
    ...(person === undefined || person === event.actor_id ? {} : { person }),
    ...(event.outcome === 'success' ? {} : { outcome: event.outcome }),
    ...(note === undefined ? {} : { note }),
    ...(shared === undefined ? {} : { shared }),
  });
}

/**
 * Adds to the memory of an entity; the oldest falls out when it is full. Repeated ids are kept once: an event has one
 * order time, so it is looked for among those of its time only, a finding among all.
 */
export function remember(turn: Turn, kind: MemoryKind, id: string, entry: RememberedEvent): void {
  const { memoryItems, memoryMs } = turn.settings.retention;
  const name = stateName.memory(kind, id);
  const before = turn.state.get<readonly RememberedEvent[]>(name) ?? [];
  if (before.length === 0) lookAgain(turn, name, entry.ms + memoryMs);
  const sinceMs = entry.what === 'finding' ? -Infinity : entry.ms;
  for (let i = before.length - 1; i >= 0; i--) {
    const { ms, ref } = before[i] as RememberedEvent;
    if (ms < sinceMs) break;
    if (ref === entry.ref) return;
  }
  // A new list of the same entries: editing would copy every entry in the preliminary lane.
  const list = before.slice();
  let at = list.length;
  while (at > 0 && (list[at - 1] as RememberedEvent).ms > entry.ms) at--;
  if (at === list.length) list.push(entry);
  else list.splice(at, 0, entry);
  const oldestMs = turn.nowMs - memoryMs;
  const isOld = (each: RememberedEvent | undefined): boolean => each !== undefined && each.ms < oldestMs;
  let gone = Math.max(0, list.length - memoryItems);
  while (gone < list.length - 1 && isOld(list[gone])) gone++;
  if (gone > 0) list.splice(0, gone);
  turn.state.put(name, list);
}

/** What is remembered about an entity within the memory's span, oldest first. */
export function remembered(turn: Turn, kind: MemoryKind, id: string): readonly RememberedEvent[] {
  const oldestMs = turn.nowMs - turn.settings.retention.memoryMs;
  const list = turn.state.get<readonly RememberedEvent[]>(stateName.memory(kind, id)) ?? [];
  return list.filter((each) => each.ms >= oldestMs);
}
