/** Cases and their stories from log lines. Attributes come as text; lists as JSON text (Loki's structured metadata). */
import type { Case, CaseSummary, Severity, TimelineEntry } from '../shapes.ts';
import type { Line, Sample } from './query.ts';

const severities: readonly string[] = ['informational', 'low', 'medium', 'high', 'critical'];

function severityOf(text: string | undefined): Severity {
  return severities.includes(text ?? '') ? (text as Severity) : 'informational';
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

function listOf(text: string | undefined): string[] {
  if (text === undefined || text === '') return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.map(String) : [text];
  } catch {
    return [text];
  }
}

/** The sentence of a line without the words that repeat the head of the page. */
function summaryOf(text: string, title: string): string {
  const at = text.indexOf(title);
  return at < 0 ? text : text.slice(at + title.length).replace(/^\.\s*/, '');
}

/** A case as its newest line says; what lines do not carry is empty or null. */
export function caseOfLine({ fields, text, at }: Line): Case {
  const field = (name: string): string | undefined => fields[`zonewarden_${name}`];
  const title = field('title') ?? text;
  return {
    case_id: field('case_id') ?? '',
    revision: Number(field('revision') ?? 0),
    tenant: field('tenant') ?? '',
    title,
    kind: field('kind') ?? '',
    severity: severityOf(field('severity')),
    severity_history: [],
    state: (field('state') ?? 'new') as Case['state'],
    disposition: textOrNull(field('disposition')) as Case['disposition'],
    domains: listOf(field('domains')),
    registrar_accounts: listOf(field('registrar_accounts')),
    actors: listOf(field('actors')),
    finding_ids: listOf(field('finding_ids')),
    detections: listOf(field('detections')),
    opened_at: field('opened_at') ?? at,
    updated_at: field('updated_at') ?? at,
    paged_at: textOrNull(field('paged_at')),
    paged_by: textOrNull(field('paged_by')),
    notify: (field('notify') ?? 'none') as Case['notify'],
    owner: textOrNull(field('owner')),
    team: textOrNull(field('team')),
    assignee: textOrNull(field('assignee')),
    summary: summaryOf(text, title),
    likelihood: field('likelihood') ?? '',
    effect: field('effect') ?? '',
    playbook: textOrNull(field('playbook')),
    actions: listOf(field('actions')),
    timeline: [],
    clock: null,
    merged_into: textOrNull(field('merged_into')),
    drill: field('drill') === 'true',
  };
}

/** Line of the queue. */
export function summaryOfCase(found: Case): CaseSummary {
  const { case_id, tenant, title, kind, severity, state, disposition, domains, detections } = found;
  const { team, owner, assignee, notify, opened_at, updated_at, paged_at, clock, drill } = found;
  return {
    case_id,
    tenant,
    title,
    kind,
    severity,
    state,
    disposition,
    domains,
    detections,
    team,
    owner,
    assignee,
    notify,
    opened_at,
    updated_at,
    paged_at,
    clock,
    drill,
  };
}

/** Newest line of each case; lines come newest first. */
export function newestCases(lines: readonly Line[]): Case[] {
  const cases = new Map<string, Case>();
  for (const line of lines) {
    const found = caseOfLine(line);
    const known = cases.get(found.case_id);
    if (found.case_id !== '' && (known === undefined || known.revision < found.revision))
      cases.set(found.case_id, found);
  }
  return [...cases.values()];
}

/** An open case that only metrics know: `zonewarden_case_facts` joined with `zonewarden_case_open`. */
export function caseOfSample(
  { labels }: Sample,
  facts: Readonly<Record<string, string>> | undefined,
): CaseSummary {
  const domain = labels['domain'];
  return {
    case_id: labels['case_id'] ?? '',
    tenant: labels['tenant'] ?? '',
    title: facts?.['title'] ?? `${labels['kind'] ?? ''} ${domain ?? ''}`.trim(),
    kind: labels['kind'] ?? '',
    severity: severityOf(labels['severity']),
    state: 'open',
    disposition: null,
    domains: domain === undefined || domain === '' ? [] : [domain],
    detections: [],
    team: textOrNull(labels['team']),
    owner: textOrNull(facts?.['owner']),
    assignee: null,
    notify: facts?.['notify'] ?? 'none',
    opened_at: '',
    updated_at: '',
    paged_at: null,
    clock: null,
    drill: facts?.['drill'] === 'true',
  };
}

const outside = new Set([
  'delegation_probe',
  'answer_probe',
  'rdap_poll',
  'zone_feed',
  'resolver_log',
  'epp_poll',
  'bgp_feed',
]);

function planeOf(eventName: string): string {
  const [family = ''] = eventName.split('.', 1);
  return family === 'dnsquery' ? 'query' : family;
}

function kindOf(eventName: string, sourceKind: string | undefined): TimelineEntry['kind'] {
  if (eventName.startsWith('identity.')) return 'identity';
  if (eventName.startsWith('cert.')) return 'certificate';
  return outside.has(sourceKind ?? '') ? 'observation' : 'claim';
}

/** Entry of a timeline from the line of an event or a finding. */
export function entryOfLine({ fields, text, at }: Line): TimelineEntry {
  const eventName = fields['event_name'] ?? '';
  const isFinding = fields['zonewarden_signal'] === 'finding';
  const sourceKind = fields['zonewarden_source_kind'];
  const domain = fields['zonewarden_domain'];
  const actor = fields['zonewarden_actor_id'];
  return {
    at: fields['zonewarden_timestamp'] ?? at,
    kind: isFinding ? 'finding' : kindOf(eventName, sourceKind),
    plane: isFinding ? (fields['zonewarden_plane'] ?? 'score') : planeOf(eventName),
    text,
    ref: fields['log_record_uid'] ?? '',
    ...(domain === undefined ? {} : { domain }),
    ...(actor === undefined ? {} : { actor_id: actor }),
    ...(sourceKind === undefined ? {} : { source_kind: sourceKind }),
    ...(isFinding ? { severity: severityOf(fields['zonewarden_severity']) } : {}),
  };
}
