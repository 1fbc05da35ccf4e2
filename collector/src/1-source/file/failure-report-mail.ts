/** The DMARC failure report (RFC 6591, RFC 9991) inside a mail, without the content of the mail it is about. */
import type { Attachment, Email } from 'postal-mime';

/** Media type of such a report. */
export const failureReportType = 'message/feedback-report';

const mailFields: ReadonlySet<string> = new Set(['from', 'date', 'message-id']);
const reportCharactersMax = 64 * 1024;

/**
 * Three blocks of header fields with an empty line between: of the report's mail, the report itself, of the mail reported on. Of
 * the mails only sender, date and id are taken: who was written to, and what, is private. Undefined: the mail is no such report.
 */
export function failureReport(mail: Email): string | undefined {
  const report = reportBlock(mail);
  if (report === undefined) return undefined;
  const own = mail.headers
    .filter((header) => mailFields.has(header.key))
    .map((header) => `${header.originalKey}: ${header.value.replace(/\s+/g, ' ')}`);
  const about = mail.attachments.find(
    (part) => part.mimeType === 'message/rfc822' || part.mimeType === 'text/rfc822-headers',
  );
  const reported = about === undefined ? eximHeaders(mail.text ?? '') : textOf(about);
  return [own.join('\n'), report, pickedFields(reported)].filter((block) => block !== '').join('\n\n');
}

function reportBlock(mail: Email): string | undefined {
  const part = mail.attachments.find((each) => each.mimeType === failureReportType);
  if (part !== undefined) return textOf(part).trim();
  // An upload may be the part alone.
  if (mail.headers.some((header) => header.key === 'feedback-type'))
    return mail.headers.map((header) => `${header.originalKey}: ${header.value}`).join('\n');
  return eximReport(mail.text ?? '');
}

const eximField =
  /^ {2}(?:Sender Domain|Sender IP Address|Received date|SPF Alignment|DKIM Alignment|DMARC Results): .*$/gm;
const eximCopy = '------ This is a copy of the headers';

/** Exim sends its report as prose with a list of fields. */
function eximReport(text: string): string | undefined {
  const end = text.indexOf(eximCopy);
  const fields = (end < 0 ? text : text.slice(0, end)).match(eximField) ?? [];
  return fields.some((field) => field.startsWith('  Sender Domain: '))
    ? fields.map((field) => field.trim()).join('\n')
    : undefined;
}

function eximHeaders(text: string): string {
  const at = text.indexOf(eximCopy);
  return at < 0 ? '' : text.slice(text.indexOf('\n', at) + 1).trimStart();
}

function textOf(part: Attachment): string {
  const { content } = part;
  const text = typeof content === 'string' ? content : Buffer.from(content as ArrayBuffer).toString('utf8');
  return text.slice(0, reportCharactersMax);
}

/** The fields of a mail's head that say which mail it was, folded lines joined (RFC 5322 section 2.2.3). */
function pickedFields(mail: string): string {
  const [head = ''] = mail.split(/\r?\n\r?\n/, 1);
  return head
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)
    .filter((line) => mailFields.has(line.slice(0, Math.max(0, line.indexOf(':'))).toLowerCase()))
    .join('\n');
}
