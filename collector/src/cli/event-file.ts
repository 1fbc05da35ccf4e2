/** Canonical events from NDJSON files or standard input. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { canonicalEventProblems, readCanonicalEvent, type CanonicalEvent } from '../contract/event.ts';
import { parseInstant } from '../leaf/time.ts';
import { UnusableInput } from '../app/unusable-input.ts';

/** A line that is no canonical event. Lines count from 1. */
export interface RejectedLine {
  readonly file: string;
  readonly line: number;
  readonly problems: readonly string[];
}

/** Events of a file in file order, and the lines that could not be read. */
export interface EventFile {
  readonly events: CanonicalEvent[];
  readonly rejected: RejectedLine[];
}

function unwrapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('event' in value) || 'event_id' in value) return value;
  return value.event;
}

const timeFields = ['timestamp', 'timestamp_earliest', 'observed_at', 'ingested_at'] as const;

/** The schema knows how a time is written, not that no minute has a second 80 and no June a 31st. */
function timesThatAreNone(event: CanonicalEvent): string[] {
  return timeFields.flatMap((field) => {
    const text = event[field];
    return text === undefined || parseInstant(text) !== undefined
      ? []
      : [`/${field}: ${text} is not a time that exists (RFC 3339, UTC)`];
  });
}

function parseLine(text: string): { event: CanonicalEvent } | { problems: string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problems: [`not JSON: ${(error as Error).message}`] };
  }
  const candidate = unwrapped(value);
  const read = readCanonicalEvent(candidate);
  if (read.ok) {
    const problems = timesThatAreNone(read.event);
    return problems.length === 0 ? { event: read.event } : { problems };
  }
  return { problems: read.problems.length > 0 ? read.problems : canonicalEventProblems(candidate) };
}

/**
 * Events one after the other, one JSON object a line; lines of `zonewarden normalise` (with an `event` member) are accepted
 * as well. `-` is standard input. Throws UnusableInput when the file cannot be read; bad lines are given, not thrown.
 */
export async function* eachEvent(path: string): AsyncGenerator<CanonicalEvent | RejectedLine> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  let line = 0;
  try {
    if (input !== process.stdin)
      await new Promise<void>((resolve, reject) => {
        input.once('open', () => resolve());
        input.once('error', reject);
      });
    // Only now: an interface passes on errors of its input as events of its own, which nobody would hear.
    const lines = createInterface({ input, crlfDelay: Infinity });
    for await (const text of lines) {
      line++;
      if (text.trim() === '') continue;
      const parsed = parseLine(text);
      yield 'event' in parsed ? parsed.event : { file: path, line, problems: parsed.problems };
    }
  } catch (error) {
    throw new UnusableInput([`${path}: cannot be read: ${(error as Error).message}`]);
  }
}

/** True for a line that is no event. */
export function isRejected(read: CanonicalEvent | RejectedLine): read is RejectedLine {
  return 'problems' in read;
}

/** Reads a whole file, as `eachEvent` does. */
export async function readEventFile(path: string): Promise<EventFile> {
  const file: EventFile = { events: [], rejected: [] };
  for await (const read of eachEvent(path))
    if (isRejected(read)) file.rejected.push(read);
    else file.events.push(read);
  return file;
}
