/** Steps about certificates, mail reports and look-alikes: what the logs hold around the case. */
import type { JournalCertificate } from '../../host/domain-journal.ts';
import { parseInstant } from '../../leaf/time.ts';
import { counted, listed, minute, valueWords, type StepCheck, type StepSubject } from './step-subject.ts';

const dayMs = 86_400_000;
const searchMs = 14 * dayMs;
const watchMs = 30 * dayMs;

function msOf(text: string | null | undefined): number {
  return parseInstant(text ?? '')?.ms ?? 0;
}

function certificatesOf({ collector, about }: StepSubject): JournalCertificate[] {
  return about.domains.flatMap(
    (domain) => collector.host.book.journals.get(`${about.tenant}|${domain}`)?.certificates ?? [],
  );
}

function words({ names, issuer, at, verdict, serial }: JournalCertificate): string {
  const judged = verdict === null ? '' : `, ${verdict.replaceAll('_', ' ')}`;
  return `${listed(names, 'a name', 3)} by ${issuer ?? 'an unnamed CA'} ${minute(msOf(at))}${serial === null ? '' : `, serial ${serial}`}${judged}`;
}

/** How well certificate logs were heard in a span: a search nobody could answer is no answer. */
function heard({ collector, about, nowMs }: StepSubject, fromMs: number): string {
  const { sources } = collector.tables;
  const kinds = sources.kinds(about.tenant, nowMs);
  if (!kinds.some(({ kind }) => kind === 'ct_log'))
    return 'no certificate log source is configured, so issuance cannot be seen';
  const blind = sources.silentMs(about.tenant, 'ct_log', fromMs, nowMs);
  return `certificate logs were heard ${blind === 0 ? 'all the time' : `with ${counted(Math.round(blind / 60_000), 'blind minute')}`}`;
}

/** Certificates from 14 days before the case to 14 days after it. */
export const ctSearch: StepCheck = (subject) => {
  const openedMs = msOf(subject.about.opened_at);
  const found = certificatesOf(subject).filter(({ at }) => Math.abs(msOf(at) - openedMs) <= searchMs);
  return `${listed(found.map(words), 'no certificate was logged within 14 days', 5)}; ${heard(subject, openedMs - searchMs)}`;
};

/** Certificates logged since the case began, for 30 days. */
export const watchIssuance: StepCheck = (subject) => {
  const openedMs = msOf(subject.about.opened_at);
  const found = certificatesOf(subject).filter(
    ({ at }) => msOf(at) >= openedMs && msOf(at) <= openedMs + watchMs,
  );
  return `since the case began ${listed(found.map(words), 'no further certificate was logged', 5)}; ${heard(subject, openedMs)}`;
};

/** Key, account and logs of the certificates the case is about. */
export const certificateFacts: StepCheck = (subject) => {
  const { collector, findings } = subject;
  const ids = new Set(findings.flatMap(({ evidence_event_ids: each }) => each));
  const parts = [...ids].flatMap((id) => {
    const cert = collector.host.book.evidence.get(id)?.cert;
    if (cert === undefined) return [];
    const facts = [
      `names ${valueWords(cert.names ?? [])}`,
      `issuer ${cert.issuer_cn ?? cert.issuer_org ?? 'not told'}`,
      `serial ${cert.serial ?? 'not told'}`,
      `key ${cert.spki_sha256 ?? 'not told'}`,
      `ACME account ${cert.acme_account_uri ?? 'not told'}`,
      `valid ${cert.not_before ?? '?'} to ${cert.not_after ?? '?'}`,
      `log ${cert.log_name ?? cert.log_id ?? 'not told'}`,
    ];
    return [facts.join(', ')];
  });
  return listed([...new Set(parts)], 'no certificate stands in the evidence of this case', 3);
};

/** Orders of ours and keys we know, as the judgement at issuance has them. */
export const orderCheck: StepCheck = (subject) => {
  const { collector, findings } = subject;
  const ids = new Set(findings.flatMap(({ evidence_event_ids: each }) => each));
  const parts = [...ids].flatMap((id) => {
    const event = collector.host.book.evidence.get(id);
    const judged = event?.feature?.['certificate'] as Record<string, unknown> | undefined;
    if (event?.cert === undefined || judged === undefined) return [];
    const verdict = typeof judged['verdict'] === 'string' ? judged['verdict'] : 'not judged';
    const yes = (name: string, text: string, not: string): string => (judged[name] === true ? text : not);
    return [
      [
        `certificate ${event.cert.serial ?? event.event_id}: ${verdict.replaceAll('_', ' ')}`,
        yes('ordered', 'an order of ours or a known key fits', 'no order of ours fits'),
        yes('spki_known', 'its key was in use before', 'its key is new'),
        yes('issuer_approved', 'the issuer is approved', 'the issuer is not approved'),
      ].join(', '),
    ];
  });
  return listed([...new Set(parts)], 'no certificate stands in the evidence of this case', 3);
};

/** Aggregate reports about these names in the evidence and the story. */
export const dmarcReports: StepCheck = ({ about }) => {
  const lines = about.timeline.filter(({ source_kind: kind }) => kind === 'dmarc_report');
  return listed(
    lines.map(({ at, text }) => `${minute(msOf(at))}: ${text}`),
    'no DMARC report about these names has come for the time of this case',
    5,
  );
};

/** Everything known about a look-alike; nothing is fetched from it. */
export const lookalike: StepCheck = (subject) => {
  const { about, findings } = subject;
  const facts = findings
    .flatMap(({ evidence }) => evidence)
    .map(
      ({ event_type: type, timestamp, attribute, new_value: value }) =>
        `${type.replaceAll('.', ' ')}${attribute === undefined ? '' : ` ${attribute}`}${value === undefined ? '' : ` = ${valueWords(value)}`} (${minute(msOf(timestamp))})`,
    );
  const certificates = certificatesOf(subject).map(words);
  return `${listed(about.domains, 'the name', 3)}: ${listed([...new Set(facts)], 'no stage is known yet', 6)}; certificates: ${listed(certificates, 'none known', 3)}. No picture is taken: the collector fetches nothing from strangers' sites`;
};
