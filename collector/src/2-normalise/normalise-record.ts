/** One raw record through its normaliser, completion and the schema; the only way into the canonical stream. */
import { canonicalEventProblems, fitsEventSchema } from '../contract/event.ts';
import { limits } from '../contract/limits.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { completeRecord } from './complete.ts';
import type { CompletedRecord } from './complete.ts';

/** What came of a record. `unrelated`: drafts nobody wanted, neither completed nor checked. */
export interface NormalisedRecord extends Omit<CompletedRecord, 'unusual'> {
  readonly unrelated: readonly EventDraft[];
}

const none: readonly never[] = [];

/**
 * Normalises and completes one record. A failure is a dead letter for this record alone; a normaliser that throws gives
 * `normaliser_bug`, an event that breaks the schema `schema_violation`, both with the place. `ingestedAtMs` is epoch
 * milliseconds. Drafts that `isWanted` refuses are handed back as they are: of the names of a whole registry nearly none
 * is ours, and completing an event is the dear part.
 */
export function normaliseRecord(
  record: RawRecord,
  normaliser: Normaliser,
  ingestedAtMs: number,
  context: NormaliseContext,
  isWanted?: (draft: EventDraft) => boolean,
): Outcome<NormalisedRecord> {
  if (record.bytes.length > limits.fileRecordBytesMax)
    return failed(
      'too_large',
      `record has ${record.bytes.length} bytes; at most ${limits.fileRecordBytesMax} are accepted`,
    );
  const ofRecord = withRecordDigest(context, record);
  let drafts: Outcome<readonly EventDraft[]>;
  try {
    drafts = normaliser.normalise(record, ofRecord);
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return failed('normaliser_bug', `${normaliser.source}@${normaliser.version} threw ${reason}`);
  }
  if (!drafts.ok) return drafts;
  const wanted = isWanted === undefined ? drafts.value : drafts.value.filter(isWanted);
  const unrelated =
    wanted.length === drafts.value.length ? none : drafts.value.filter((each) => !wanted.includes(each));
  if (wanted.length === 0) return succeeded({ events: none, duplicateCount: 0, unrelated });
  const rawSha256 = ofRecord.sha256(record.bytes);
  const completed = completeRecord(wanted, record, normaliser, ingestedAtMs, context, rawSha256);
  for (const event of completed.unusual) {
    const candidate: unknown = event;
    if (fitsEventSchema(candidate)) continue;
    const problems = canonicalEventProblems(candidate, 3);
    const path = problems[0]?.split(': ')[0] ?? '';
    return failed('schema_violation', `${event.event_type}: ${problems.join('; ')}`, path);
  }
  const { events, duplicateCount } = completed;
  return succeeded({ events, duplicateCount, unrelated });
}

/** Feeds without ids of their own are known by the digest of the record, which the event carries anyway: it is made once. */
function withRecordDigest({ sha256 }: NormaliseContext, record: RawRecord): NormaliseContext {
  let digest: string | undefined;
  return { sha256: (data) => (data === record.bytes ? (digest ??= sha256(data)) : sha256(data)) };
}
