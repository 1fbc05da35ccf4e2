/**
 * BIND 9 log lines of the categories queries, responses, query-errors, update, notify, xfer-in, xfer-out, lame-servers and
 * rpz, with any prefix (time, category, severity, syslog). A line of BIND that says nothing about names or zones is kept
 * as `other.activity`; a line that is not BIND's is refused.
 */
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import type { BindLine } from './bind-log-facts.ts';
import { bindMessageRows } from './bind-log-messages.ts';
import { dnsDraft, type DnsWitness } from './dns-facts.ts';
import { wrappedLine } from './json-envelope.ts';
import { decodeUtf8 } from './json-record.ts';
import { takeLogPrefix } from './log-prefix.ts';
import { isQueryWindow, queryWindowDrafts } from './query-window.ts';

const lineCharsMax = 16_384;
const clientPattern =
  /^(?:\d{1,10}:)?(?:client|List Matched) (?:@0x[0-9a-f]+ )?([0-9A-Fa-f.:%\w]{2,60})#(\d{1,6})(?:\/key ([^\s:]{1,255}))?(?: \((\S{1,1024})\))?: /;
const viewPattern = /^view ([^\s:]{1,255}): /;

/** Peels client, key and view off a message; each may be absent. */
function lineOf(text: string, severity: string | undefined): BindLine {
  const client = clientPattern.exec(text);
  let message = client === null ? text : text.slice(client[0].length);
  const view = viewPattern.exec(message);
  if (view !== null) message = message.slice(view[0].length).trimStart();
  const port = Number(client?.[2]);
  return {
    message,
    client: client?.[1],
    // Anonymised lines have ports that no port is.
    clientPort: port <= 65_535 ? port : undefined,
    key: client?.[3],
    queryName: client?.[4],
    view: view?.[1],
    severity,
  };
}

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  if (isQueryWindow(record)) return queryWindowDrafts(record, 'bind');
  const decoded = decodeUtf8(record.bytes);
  if (!decoded.ok) return decoded;
  const wrapped = wrappedLine(decoded.value.trim());
  const text = wrapped?.line ?? decoded.value.trimEnd();
  if (text.length > lineCharsMax)
    return failed('too_large', `log line of ${text.length} characters, at most ${lineCharsMax} are read`);
  const prefix = takeLogPrefix(text, record.meta?.['utc_offset'], record.receivedAtMs, wrapped?.time);
  if (!prefix.ok) return prefix;
  const line = lineOf(prefix.value.rest, prefix.value.severity);
  const witness: DnsWitness = {
    system: 'bind',
    kind: 'authoritative_log',
    ...(record.instance !== undefined ? { instance: record.instance } : {}),
    acquisition: 'passive',
    confidence: 0.9,
    confidenceBasis: prefix.value.zoneAssumed ? 'passive_local_time_read_as_utc' : 'passive',
    timeMs: prefix.value.timeMs,
    precision: prefix.value.precision,
  };
  // What a shipper put around a line is no part of it; a line without time is told apart by just that.
  const isLineAlone = wrapped !== undefined && prefix.value.hasOwnTime;
  const key = [context.sha256(isLineAlone ? wrapped.line : record.bytes)];
  for (const row of bindMessageRows) {
    const match = row.pattern.exec(line.message);
    if (match !== null) return succeeded(row.drafts(match, line, witness, key));
  }
  const { category, severity, host } = prefix.value;
  // Through syslog without print-category and print-severity, the name of the program is all that says it is BIND.
  if (category === undefined && severity === undefined && host === undefined && line.client === undefined)
    return failed('unsupported_format', `not a BIND log line: ${text.slice(0, 80)}`);
  return succeeded([
    dnsDraft(witness, {
      event_type: 'other.activity',
      event_type_original: prefix.value.category ?? 'message',
      outcome: 'unknown',
      source: { message: line.message.slice(0, 1000), severity: prefix.value.severity ?? null },
      key,
      atom: '',
    }),
  ]);
}

/** Feed `bind-log`. */
export const bindLog: Normaliser = { source: 'bind-log', version: 2, normalise };
