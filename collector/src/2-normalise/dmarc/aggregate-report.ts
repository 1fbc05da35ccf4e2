/** DMARC aggregate reports, RFC 7489 appendix C and RFC 9990: one draft per row. */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';
import { canonicalIp } from '../../leaf/ip-address.ts';
import { fieldsOf, fieldsOrNone, listOf, type Fields } from '../audit-field.ts';
import { reportCount, reportDomain, reportDraft, reportTimeMs } from './report-field.ts';
import { elementText, feedbackElement } from './report-xml.ts';
import type { EventDraft, NormaliseContext } from '../../contract/normaliser.ts';
import type { RawRecord } from '../../contract/raw-record.ts';

/** What all rows of a report share. */
interface ReportHead {
  readonly organisation: string;
  readonly reportId: string;
  readonly beginMs: number;
  readonly endMs: number;
  readonly domain: NonNullable<ReturnType<typeof reportDomain>>;
  readonly shared: { readonly report: Record<string, string>; readonly policy: Record<string, string> };
}

/** Reads a report; key is organisation, report id, policy domain and row hash (detection.md 2.5). A report without rows gives one draft. */
export function aggregateReportDrafts(
  text: string,
  record: RawRecord,
  context: NormaliseContext,
): Outcome<readonly EventDraft[]> {
  const feedback = feedbackElement(text);
  if (!feedback.ok) return feedback;
  const read = headOf(feedback.value);
  if (!read.ok) return read;
  const { shared, ...head } = read.value;
  const { organisation, reportId, domain } = head;
  const rows = listOf(feedback.value['record']).flatMap<Fields>((each) => fieldsOf(each) ?? []);
  const base = { ...head, record, format: 'dmarc_aggregate', atom: '', size: rows.length };
  if (rows.length === 0) {
    const key = [organisation, reportId, domain.name, ''];
    return succeeded([reportDraft({ ...base, key, pass: 0, fail: 0, source: shared })]);
  }
  const seen = new Map<string, number>();
  return succeeded(
    rows.map((each) => {
      const row = rowOf(each);
      const hash = context.sha256(canonicalJson(row.source)).slice(0, 32);
      const repeat = seen.get(hash) ?? 0;
      seen.set(hash, repeat + 1);
      const draft = reportDraft({
        ...base,
        key: [organisation, reportId, domain.name, repeat === 0 ? hash : `${hash}#${repeat}`],
        pass: row.isPass ? row.count : 0,
        fail: row.isPass ? 0 : row.count,
        source: { ...shared, row: row.source },
      });
      if (row.ip !== undefined) draft.source_ip = row.ip;
      return draft;
    }),
  );
}

function headOf(feedback: Fields): Outcome<ReportHead> {
  const place = '/feedback/report_metadata';
  const metadata = fieldsOf(feedback['report_metadata']);
  if (metadata === undefined)
    return failed('missing_field', 'an aggregate report has report_metadata', place);
  const reportId = elementText(metadata['report_id']);
  if (reportId === undefined)
    return failed('missing_field', 'an aggregate report has a report_id', `${place}/report_id`);
  const range = fieldsOrNone(metadata['date_range']);
  const beginMs = reportTimeMs(elementText(range['begin']));
  const endMs = reportTimeMs(elementText(range['end'])) ?? beginMs;
  if (beginMs === undefined || endMs === undefined)
    return failed('bad_timestamp', 'begin and end must be epoch seconds or dates', `${place}/date_range`);
  if (Array.isArray(feedback['policy_published']))
    return failed(
      'bad_field',
      'a report is about one domain: it has one policy_published',
      '/feedback/policy_published',
    );
  const published = fieldsOrNone(feedback['policy_published']);
  const domain = reportDomain(elementText(published['domain']));
  if (domain === undefined)
    return failed(
      'bad_domain_name',
      'policy_published has a domain name',
      '/feedback/policy_published/domain',
    );
  const email = elementText(metadata['email']);
  const organisation =
    elementText(metadata['org_name']) ?? email?.slice(email.lastIndexOf('@') + 1).toLowerCase() ?? 'unknown';
  const shared = {
    report: textsOf(metadata, ['org_name', 'email', 'extra_contact_info', 'report_id', 'generator'], {
      version: elementText(feedback['version']),
    }),
    policy: textsOf(published, policyFields, {}),
  };
  return succeeded({ organisation, reportId, beginMs, endMs, domain, shared });
}

const policyFields = ['domain', 'adkim', 'aspf', 'p', 'sp', 'np', 'pct', 'fo', 'testing', 'discovery_method'];

/** Named child texts that are there, lower case for the closed vocabularies of a policy. */
function textsOf(
  element: Fields,
  names: readonly string[],
  more: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of names) {
    const text = elementText(element[name]);
    if (text !== undefined) texts[name] = text;
  }
  for (const [name, text] of Object.entries(more)) if (text !== undefined) texts[name] = text;
  return texts;
}

interface Row {
  readonly ip: string | undefined;
  readonly count: number;
  /** DMARC passes when DKIM or SPF passes in alignment (RFC 7489 section 6.6.2); the row says so per mechanism. */
  readonly isPass: boolean;
  readonly source: Record<string, unknown>;
}

/** Words of closed lists come in any case (`Pass`); they are compared and kept in lower case. */
function word(value: unknown): string | undefined {
  return elementText(value, 64)?.toLowerCase();
}

function rowOf(record: Fields): Row {
  const row = fieldsOrNone(record['row']);
  const evaluated = fieldsOrNone(row['policy_evaluated']);
  const identifiers = fieldsOrNone(record['identifiers']);
  const results = fieldsOrNone(record['auth_results']);
  const address = elementText(row['source_ip'], 64);
  const ip = address === undefined ? undefined : canonicalIp(address);
  const dkim = word(evaluated['dkim']);
  const spf = word(evaluated['spf']);
  const count = reportCount(elementText(row['count'], 32));
  const source: Record<string, unknown> = {
    source_ip: ip ?? address,
    count,
    disposition: word(evaluated['disposition']),
    dkim,
    spf,
    header_from: elementText(identifiers['header_from'])?.toLowerCase(),
    envelope_from: elementText(identifiers['envelope_from'])?.toLowerCase(),
    envelope_to: elementText(identifiers['envelope_to'])?.toLowerCase(),
    reasons: listOf(evaluated['reason']).slice(0, 16).flatMap(reasonOf),
    dkim_results: listOf(results['dkim']).slice(0, 32).flatMap(authResultOf),
    spf_results: listOf(results['spf']).slice(0, 8).flatMap(authResultOf),
  };
  return { ip, count, isPass: dkim === 'pass' || spf === 'pass', source };
}

function reasonOf(value: unknown): Record<string, unknown>[] {
  const reason = fieldsOf(value);
  const type = word(reason?.['type']);
  if (reason === undefined || type === undefined) return [];
  return [{ type, comment: elementText(reason['comment'], 256) }];
}

function authResultOf(value: unknown): Record<string, unknown>[] {
  const result = fieldsOf(value);
  if (result === undefined) return [];
  return [
    {
      domain: elementText(result['domain'], 255)?.toLowerCase(),
      selector: elementText(result['selector'], 255),
      scope: word(result['scope']),
      result: word(result['result']),
    },
  ];
}
