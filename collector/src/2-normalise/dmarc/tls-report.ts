/** SMTP TLS reports (RFC 8460 section 4.4): one draft per policy. */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { fieldsOf, fieldsOrNone, listOf, textOf, type Fields } from '../audit-field.ts';
import { parseJsonRecord } from '../json-record.ts';
import { limits } from '../../contract/limits.ts';
import { reportCount, reportDomain, reportDraft, reportTimeMs } from './report-field.ts';
import type { EventDraft } from '../../contract/normaliser.ts';
import type { RawRecord } from '../../contract/raw-record.ts';

const policiesMax = 1_000;
const failureDetailsMax = 64;

/** Reads a report; key is organisation, report id, policy domain and policy type. Counts are sessions. */
export function tlsReportDrafts(record: RawRecord): Outcome<readonly EventDraft[]> {
  const parsed = parseJsonRecord(record.bytes, limits.fileRecordBytesMax);
  if (!parsed.ok) return parsed;
  const report: Fields = parsed.value;
  const reportId = textOf(report['report-id'], 512);
  if (reportId === undefined) return failed('missing_field', 'a TLS report has a report-id', '/report-id');
  const range = fieldsOrNone(report['date-range']);
  const beginMs = reportTimeMs(range['start-datetime']);
  const endMs = reportTimeMs(range['end-datetime']) ?? beginMs;
  if (beginMs === undefined || endMs === undefined)
    return failed('bad_timestamp', 'start-datetime and end-datetime must be RFC 3339 times', '/date-range');
  const organisation = textOf(report['organization-name'], 512) ?? 'unknown';
  const policies = listOf(report['policies']);
  if (policies.length > policiesMax)
    return failed('too_many_keys', `a TLS report has at most ${policiesMax} policies`, '/policies');
  const sole = soleDomain(policies);
  const drafts: EventDraft[] = [];
  const seen = new Map<string, number>();
  for (const [at, each] of policies.entries()) {
    const entry = fieldsOrNone(each);
    const policy = fieldsOrNone(entry['policy']);
    const summary = fieldsOrNone(entry['summary']);
    // Reporters leave the name out where they found no policy; a name that cannot be read is nobody's, least of all the others'.
    const isNamed = textOf(policy['policy-domain']) !== undefined;
    const domain = isNamed ? reportDomain(policy['policy-domain']) : sole;
    if (isNamed && domain === undefined && sole === undefined)
      return failed(
        'bad_domain_name',
        'policy-domain is not a DNS name',
        `/policies/${at}/policy/policy-domain`,
      );
    const policyKey = `${domain?.name ?? ''} ${textOf(policy['policy-type'], 64) ?? ''}`;
    const repeat = seen.get(policyKey) ?? 0;
    seen.set(policyKey, repeat + 1);
    const details = listOf(entry['failure-details']).slice(0, failureDetailsMax);
    drafts.push(
      reportDraft({
        record,
        format: 'smtp_tls_report',
        // One report may hold two policies of a type, each with its own hosts.
        key: [
          organisation,
          reportId,
          domain?.name ?? '',
          `${textOf(policy['policy-type'], 64) ?? ''}${repeat === 0 ? '' : `#${repeat}`}`,
        ],
        atom: '',
        beginMs,
        endMs,
        organisation,
        reportId,
        domain,
        pass: reportCount(summary['total-successful-session-count']),
        fail: reportCount(summary['total-failure-session-count']),
        size: policies.length,
        source: {
          contact: textOf(report['contact-info'], 512),
          policy,
          failure_details: details.flatMap<Fields>((detail) => fieldsOf(detail) ?? []),
        },
      }),
    );
  }
  if (drafts.length === 0) return failed('missing_field', 'a TLS report has policies', '/policies');
  return succeeded(drafts);
}

/** The domain all policies of a report that name one agree on: a report is about one domain (RFC 8460 section 5.1). */
function soleDomain(policies: readonly unknown[]): ReturnType<typeof reportDomain> {
  let sole: ReturnType<typeof reportDomain>;
  for (const each of policies) {
    const domain = reportDomain(fieldsOrNone(fieldsOrNone(each)['policy'])['policy-domain']);
    if (domain === undefined || domain.name === sole?.name) continue;
    if (sole !== undefined) return undefined;
    sole = domain;
  }
  return sole;
}
