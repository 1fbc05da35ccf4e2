/**
 * Failure reports of a single mail (RFC 6591, RFC 9991), as header fields: those of the report's own mail, an empty line, the
 * `message/feedback-report` part, an empty line, those of the mail reported on. Exim writes its fields as prose; they are read too.
 */
import { otherActivity } from '../../contract/event-types.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalIp } from '../../leaf/ip-address.ts';
import { parseInstant } from '../../leaf/time.ts';
import { reportCount, reportDomain, reportDraft } from './report-field.ts';
import type { EventDraft, NormaliseContext } from '../../contract/normaliser.ts';
import type { RawRecord } from '../../contract/raw-record.ts';

/** Fields of a block by lower-case name; a name that comes twice keeps its values in order. */
type HeaderFields = ReadonlyMap<string, readonly string[]>;

/** What Exim calls the fields of RFC 5965 and RFC 6591. */
const eximNames: ReadonlyMap<string, string> = new Map([
  ['sender domain', 'reported-domain'],
  ['sender ip address', 'source-ip'],
  ['received date', 'arrival-date'],
  ['dmarc results', 'delivery-result'],
]);

const fieldsMax = 256;

/** Reads a report; key is the Message-ID of its mail, else the digest of the record. Counts are mails (`Incidents`, else one). */
export function failureReportDrafts(
  text: string,
  record: RawRecord,
  context: NormaliseContext,
): Outcome<readonly EventDraft[]> {
  const blocks = text.split(/\r?\n[ \t]*\r?\n/, 8).map(fieldsOf);
  const at = blocks.findIndex((block) => block.has('feedback-type') || block.has('reported-domain'));
  const report = blocks[at];
  if (report === undefined)
    return failed('missing_field', 'a failure report has a Feedback-Type field', '/Feedback-Type');
  const mail = blocks[at - 1];
  const reported = blocks.slice(at + 1).find((block) => block.has('from'));
  const kind = (first(report, 'feedback-type') ?? 'auth-failure').toLowerCase();
  const domain =
    reportDomain(first(report, 'reported-domain')) ??
    reportDomain(/\bheader\.from=([^\s;]{1,255})/i.exec(joined(report, 'authentication-results'))?.[1]) ??
    reportDomain(domainOfAddress(first(reported, 'from')));
  if (domain === undefined)
    return failed('bad_domain_name', 'a failure report names the domain it is about', '/Reported-Domain');
  const arrived = mailTime(first(report, 'arrival-date') ?? first(report, 'received-date'));
  const atMs = arrived ?? mailTime(first(mail, 'date')) ?? record.receivedAtMs;
  const reportId = first(mail, 'message-id');
  const incidents = Math.max(1, reportCount(first(report, 'incidents')));
  const isPass = /\bdmarc=pass\b/i.test(joined(report, 'authentication-results'));
  const draft = reportDraft({
    record,
    format: kind === 'auth-failure' ? 'dmarc_failure' : `feedback ${kind}`.slice(0, 128),
    key: reportId === undefined ? ['sha256', context.sha256(record.bytes)] : ['failure', reportId],
    atom: '',
    beginMs: atMs,
    endMs: atMs,
    organisation: reporterOf(report, mail),
    reportId: reportId ?? '',
    domain,
    pass: isPass ? incidents : 0,
    fail: isPass ? 0 : incidents,
    size: 1,
    source: sourceOf(report, reported),
  });
  // A complaint about content (RFC 5965 "abuse" and its like) says nothing about authentication.
  if (kind !== 'auth-failure') draft.event_type = otherActivity;
  delete draft.timestamp_earliest;
  if (arrived !== undefined) draft.timestamp_precision = 's';
  if (reportId === undefined) {
    delete draft.source_event_id;
    delete draft.transaction_id;
    delete draft.mail?.report_id;
  }
  const address = canonicalIp(first(report, 'source-ip') ?? '');
  if (address !== undefined) draft.source_ip = address;
  return succeeded([draft]);
}

/** Fields of one block, folded lines joined (RFC 5322 section 2.2.3). */
function fieldsOf(block: string): HeaderFields {
  const fields = new Map<string, string[]>();
  const lines = block.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/, fieldsMax);
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const native = line.slice(0, colon).trim().toLowerCase();
    const name = eximNames.get(native) ?? native;
    const value = line
      .slice(colon + 1)
      .trim()
      .slice(0, 1024);
    if (value === '') continue;
    const known = fields.get(name);
    if (known === undefined) fields.set(name, [value]);
    else known.push(value);
  }
  return fields;
}

function first(fields: HeaderFields | undefined, name: string): string | undefined {
  return fields?.get(name)?.[0];
}

function joined(fields: HeaderFields, name: string): string {
  return (fields.get(name) ?? []).join('; ');
}

function domainOfAddress(address: string | undefined): string | undefined {
  return /@([^\s@<>"]{1,255}?)>?\s*$/.exec(address ?? '')?.[1];
}

/** Who reports: the host that says so (`dns; mx.example.net`), else the domain the report was sent from. */
function reporterOf(report: HeaderFields, mail: HeaderFields | undefined): string {
  const host = first(report, 'reporting-mta')?.replace(/^dns\s*;\s*/i, '');
  return (domainOfAddress(first(mail, 'from')) ?? host ?? 'unknown').toLowerCase();
}

const kept = [
  'user-agent',
  'auth-failure',
  'identity-alignment',
  'authentication-results',
  'delivery-result',
  'dkim-domain',
  'dkim-identity',
  'dkim-selector',
  'spf-dns',
  'spf alignment',
  'dkim alignment',
  'reporting-mta',
] as const;

/** The receiver's findings, and which mail it was; its recipient and content are nobody's business here. */
function sourceOf(report: HeaderFields, reported: HeaderFields | undefined): Record<string, unknown> {
  const source: Record<string, unknown> = {};
  for (const name of kept) {
    const value = joined(report, name);
    if (value !== '') source[name.replace(/[- ]/g, '_')] = value;
  }
  const envelope = domainOfAddress(first(report, 'original-mail-from'));
  if (envelope !== undefined) source['envelope_from'] = envelope.toLowerCase();
  const header = domainOfAddress(first(reported, 'from'));
  if (header !== undefined) source['header_from'] = header.toLowerCase();
  const id = first(reported, 'message-id') ?? first(report, 'message-id');
  if (id !== undefined) source['message_id'] = id;
  return source;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const date =
  /^(?:[A-Z][a-z]{2},\s*)?(\d{1,2})\s+([A-Z][a-z]{2})\s+(\d{4})\s+(\d{2}:\d{2})(:\d{2})?\s*(?:([+-]\d{2})(\d{2})|GMT|UTC?|Z|$)/;

/** Epoch milliseconds of a mail's date (RFC 5322 section 3.3); UTC without zone. */
function mailTime(text: string | undefined): number | undefined {
  const found = date.exec(text ?? '');
  if (found === null) return text === undefined ? undefined : parseInstant(text)?.ms;
  const [, day = '', month = '', year = '', time = '', seconds = ':00', hours, minutes] = found;
  const number = months.indexOf(month.toLowerCase()) + 1;
  const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  return parseInstant(
    `${year}-${String(number).padStart(2, '0')}-${day.padStart(2, '0')}T${time}${seconds}${zone}`,
  )?.ms;
}
