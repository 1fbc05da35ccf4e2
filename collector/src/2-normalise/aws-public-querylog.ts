/**
 * Route 53 public hosted zone query logs: ten fields separated by spaces. The address is the resolver that asked, so the
 * client is unknown; EDNS client subnet gives its network at most.
 */
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { parseInstant } from '../leaf/time.ts';
import { batchDrafts } from './audit-batch.ts';
import { plainText, queryDraft } from './dns-facts.ts';
import { subscriptionMessages, wrappedLine } from './json-envelope.ts';
import { decodeUtf8 } from './json-record.ts';
import { isQueryWindow, queryWindowDrafts } from './query-window.ts';

const fieldCount = 10;

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  if (isQueryWindow(record)) return queryWindowDrafts(record, 'route53');
  const decoded = decodeUtf8(record.bytes);
  if (!decoded.ok) return decoded;
  const text = decoded.value.trim();
  const several = subscriptionMessages(text);
  if (several !== undefined) {
    const place = {
      system: 'route53',
      kind: 'authoritative_log',
      path: '/logEvents',
      record,
      context,
    } as const;
    return batchDrafts(several, place, (each) => lineDrafts(plainText(each['message']), record, context));
  }
  return lineDrafts(text, record, context);
}

function lineDrafts(
  text: string,
  record: RawRecord,
  context: NormaliseContext,
): Outcome<readonly EventDraft[]> {
  // CloudWatch Logs delivers the line as `{id, timestamp, message}`.
  const fields = (wrappedLine(text)?.line ?? text).split(' ', fieldCount + 2);
  // An export task writes the time of ingestion before each line.
  if (fields.length === fieldCount + 1 && parseInstant(fields[0] ?? '') !== undefined) fields.shift();
  if (fields.length !== fieldCount)
    return failed(
      'unsupported_format',
      `${fields.length} fields, a Route 53 query log line has ${fieldCount}`,
    );
  const [version, time, zoneId, name, type, rcode, protocol, edge, address, subnet] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (!/^1\.\d{1,6}$/.test(version))
    return failed(
      'unsupported_format',
      `query log version ${version.slice(0, 20)}, expected 1.x`,
      '/version',
    );
  const at = parseInstant(time);
  if (at === undefined) return failed('bad_timestamp', `time cannot be read: ${time.slice(0, 40)}`, '/time');
  const resolver = canonicalIp(address);
  if (resolver === undefined)
    return failed('bad_field', `resolver address cannot be read: ${address.slice(0, 60)}`, '/resolver');
  return succeeded([
    queryDraft(
      {
        system: 'route53',
        kind: 'authoritative_log',
        instance: record.instance ?? (zoneId.slice(0, 100) || 'unknown'),
        acquisition: 'passive',
        confidence: 0.9,
        confidenceBasis: 'passive',
        timeMs: at.ms,
        precision: at.precision,
      },
      {
        question: name,
        type,
        rcode,
        resolver,
        source: { zone_id: zoneId, protocol, edge, ...(subnet !== '-' ? { client_subnet: subnet } : {}) },
      },
      // Of the line alone, whatever an export or a shipper put around it.
      [context.sha256(fields.join(' '))],
    ),
  ]);
}

/** Feed `aws-public-querylog`. */
export const awsPublicQuerylog: Normaliser = { source: 'aws-public-querylog', version: 1, normalise };
