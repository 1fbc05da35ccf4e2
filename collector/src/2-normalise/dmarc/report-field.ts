/** What aggregate and TLS reports have in common: times, names and the frame of a draft. */
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { formatInstant, parseInstant } from '../../leaf/time.ts';
import { numberOf, textOf } from '../audit-field.ts';
import type { EventDraft } from '../../contract/normaliser.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { blankDraft } from '../blank-draft.ts';

/** Epoch milliseconds of a report time: epoch seconds (RFC 7489), or a date text as some senders write; UTC without zone. */
export function reportTimeMs(value: unknown): number | undefined {
  const seconds = numberOf(typeof value === 'string' ? value.trim() : value);
  if (seconds !== undefined)
    return seconds > 0 && seconds < 253_402_300_800 ? Math.floor(seconds) * 1000 : undefined;
  const text = textOf(value, 40)?.trim();
  if (text === undefined) return undefined;
  return (parseInstant(text) ?? parseInstant(`${text}Z`))?.ms;
}

/** Lower-case domain of a report field and its registrable domain; undefined when it is no DNS name. */
export function reportDomain(value: unknown): { name: string; registrable: string } | undefined {
  const text = textOf(value, 255)?.trim();
  const name = text === undefined ? undefined : canonicalName(text);
  if (name === undefined || name === '.') return undefined;
  return { name, registrable: registrableDomain(name) ?? name };
}

/** What one draft of a report states. `pass` and `fail` count messages (DMARC) or sessions (TLS). */
export interface ReportFacts {
  readonly record: RawRecord;
  readonly format: string;
  readonly key: readonly string[];
  readonly atom: string;
  readonly beginMs: number;
  readonly endMs: number;
  readonly organisation: string;
  readonly reportId: string;
  /** Absent where a report names none. */
  readonly domain: { readonly name: string; readonly registrable: string } | undefined;
  readonly pass: number;
  readonly fail: number;
  readonly size: number;
  readonly source: Record<string, unknown>;
}

/**
 * A report draft. Anyone can send a report, and nobody in it is an actor: confidence 0.90, actor unknown. The time is the
 * end of the report's interval, the earliest its begin.
 */
export function reportDraft(facts: ReportFacts): EventDraft {
  const { domain } = facts;
  const draft: EventDraft = {
    ...blankDraft,
    key: facts.key,
    atom: facts.atom,
    event_type: 'mail.auth.report_received',
    event_type_original: facts.format,
    outcome: 'success',
    timestamp: formatInstant(Math.max(facts.beginMs, facts.endMs)),
    timestamp_earliest: formatInstant(Math.min(facts.beginMs, facts.endMs)),
    timestamp_precision: 'interval',
    source_system: 'dmarc',
    source_kind: 'dmarc_report',
    source_event_id: facts.reportId,
    acquisition: 'passive',
    confidence: 0.9,
    confidence_basis: 'passive',
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    approval_state: 'not_checked',
    domain: domain?.registrable,
    transaction_id: facts.reportId,
    transaction_size: facts.size,
    mail: { report_org: facts.organisation, report_id: facts.reportId, pass: facts.pass, fail: facts.fail },
    source: facts.source,
  };
  if (domain !== undefined && domain.name !== domain.registrable) draft.zone = domain.name;
  if (facts.record.instance !== undefined) draft.source_instance = facts.record.instance;
  return draft;
}

/** A count of messages or sessions: a whole number from 0 to 2^53, else 0. */
export function reportCount(value: unknown): number {
  const count = numberOf(typeof value === 'string' ? value.trim() : value);
  return count !== undefined && count >= 0 && count <= Number.MAX_SAFE_INTEGER ? Math.floor(count) : 0;
}
