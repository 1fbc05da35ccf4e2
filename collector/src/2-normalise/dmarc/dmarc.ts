/** Reports of mail receivers: DMARC aggregate XML (RFC 7489, RFC 9990), DMARC failure (RFC 6591, RFC 9991) and SMTP TLS JSON (RFC 8460), already unpacked. */
import { limits } from '../../contract/limits.ts';
import { failed, type Outcome } from '../../contract/outcome.ts';
import { aggregateReportDrafts } from './aggregate-report.ts';
import { failureReportDrafts } from './failure-report.ts';
import { reportText } from './report-xml.ts';
import { tlsReportDrafts } from './tls-report.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../../contract/normaliser.ts';
import type { RawRecord } from '../../contract/raw-record.ts';

/** Normaliser of mail receivers' reports. Mails and archives are unpacked by the source before a record is made. */
export const dmarc: Normaliser = { source: 'dmarc', version: 1, normalise };

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  const { bytes } = record;
  if (bytes.length > limits.fileRecordBytesMax)
    return failed('too_large', `a report may have ${limits.fileRecordBytesMax} bytes`);
  if ((bytes[0] === 0x1f && bytes[1] === 0x8b) || (bytes[0] === 0x50 && bytes[1] === 0x4b))
    return failed('unsupported_format', 'the report is still compressed; the source has to unpack it');
  switch (firstByte(bytes)) {
    case 0x7b:
      return tlsReportDrafts(record);
    case 0x3c:
      return aggregateReportDrafts(reportText(bytes), record, context);
    default:
      if (record.contentType === 'message/feedback-report' || isFeedback(bytes))
        return failureReportDrafts(reportText(bytes), record, context);
      return failed('unsupported_format', 'neither XML nor a JSON object; a mail has to be unpacked first');
  }
}

/** A failure report begins with header fields, whatever its sender called it. */
function isFeedback(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
  return /^(?:Feedback-Type|Reported-Domain|Sender Domain):/im.test(head);
}

/** First byte that is neither white space nor byte order mark; undefined for an empty record. */
function firstByte(bytes: Uint8Array): number | undefined {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  return bytes[at];
}
