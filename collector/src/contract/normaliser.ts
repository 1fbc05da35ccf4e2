/** The contract of stage 2: raw record in, canonical event drafts out. Pure: no clock, no randomness, no I/O. */
import type { CanonicalEvent } from './event.ts';
import type { Outcome } from './outcome.ts';
import type { RawRecord } from './raw-record.ts';
import type { SourceName } from './source-name.ts';

/** What completion adds to a draft, the same way for every feed. */
type StampedField =
  'schema' | 'event_id' | 'tenant' | 'observed_at' | 'ingested_at' | 'source_id' | 'normaliser' | 'raw';

/**
 * A canonical event before completion. `key` and `atom` become the event id:
 * SHA-256 over (tenant, source_kind, source_instance, ...key, event_type, atom).
 */
export type EventDraft = Omit<CanonicalEvent, StampedField> & {
  /** Source key parts, as detection.md 2.5 names them per feed: the same fact redelivered gives the same parts. */
  key: readonly string[];
  /** The atomic change inside the delivery (record name + type, or attribute); never an array index. */
  atom: string;
  /** When the source itself says it saw the fact; absent: time of receipt. RFC 3339 UTC. */
  observed_at?: string;
};

/** Pure capabilities a normaliser may use. */
export interface NormaliseContext {
  /** Lower-case hex SHA-256 of UTF-8 text or bytes. */
  readonly sha256: (data: string | Uint8Array) => string;
}

/** One feed's mapping. A record may hold several changes; an empty list means: valid and without a fact (keep-alive). */
export interface Normaliser {
  readonly source: SourceName;
  /** Raised when the mapping changes meaning; stored in every event as `name@version`. */
  readonly version: number;
  /** Names of JSON members or XML elements of this feed whose text is a credential: blanked in what an event shows of its record. */
  readonly credentials?: readonly string[];
  normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]>;
}
