/** The bytes an event was made from, read back from the log and checked against the digest it carries. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { CaseBook } from '../host/case-book.ts';
import { decodeLogEntry } from '../log/entry-codec.ts';
import type { SegmentedLog } from '../log/segmented-log.ts';
import { sha256Hex } from './digest.ts';

/** Bytes as received with their type, or undefined: concluded by the pipeline itself, deleted by retention, or not found. */
export async function rawOf(
  event: CanonicalEvent,
  book: Pick<CaseBook, 'positions'>,
  log: SegmentedLog,
): Promise<{ readonly bytes: Uint8Array; readonly contentType: string } | undefined> {
  const sequence = book.positions.get(event.event_id);
  if (sequence === undefined || sequence < log.firstSequence || sequence >= log.nextSequence)
    return undefined;
  const batch = await log.read(sequence, 1);
  const record = batch.firstSequence === sequence ? batch.records[0] : undefined;
  const entry = record === undefined ? undefined : decodeLogEntry(record);
  if (entry === undefined || !entry.ok || entry.value.kind !== 'raw') return undefined;
  const { bytes, contentType } = entry.value.record;
  // A record may hold several events, each with the digest of its own part; only whole records are evidence of bytes.
  return sha256Hex(bytes) === event.raw.sha256 ? { bytes, contentType } : undefined;
}
