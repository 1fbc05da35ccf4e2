/** Fills the runbook beside a rule with the facts of a finding, so that a responder reads values and not placeholders. */
import { scalarText } from './field-path.ts';
import type { FindingDraft } from '../contract/finding.ts';

/** What a runbook may name in double braces. */
export const runbookFacts: readonly string[] = [
  'summary',
  'domain',
  'registrar_account',
  'actor_id',
  'old_value',
  'new_value',
  'first_seen',
  'last_seen',
  'source_kinds',
  'degraded_reasons',
  'owner',
  'team',
];

/** Replaces `{{fact}}` in Markdown by the finding's value; unknown facts read "unknown". Values cannot add markup. */
export function fillRunbook(markdown: string, finding: FindingDraft): string {
  const newest = finding.evidence.at(-1);
  const facts: Readonly<Record<string, unknown>> = {
    summary: finding.summary,
    domain: finding.domain ?? finding.domains,
    registrar_account: finding.registrar_account,
    actor_id: finding.actor_id,
    old_value: newest?.old_value,
    new_value: newest?.new_value,
    first_seen: finding.first_seen,
    last_seen: finding.last_seen,
    source_kinds: finding.context.source_kinds,
    degraded_reasons:
      finding.degraded_reasons.length === 0 ? 'nothing known to be missing' : finding.degraded_reasons,
    owner: finding.owner,
    team: finding.team,
  };
  return markdown.replaceAll(/\{\{(\w+)\}\}/g, (_all, name: string) =>
    Object.hasOwn(facts, name) ? plainText(facts[name]) : 'unknown',
  );
}

function plainText(value: unknown): string {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.map(scalarText).filter((text) => text !== undefined && text !== '');
  if (texts.length === 0) return value === null ? 'none' : 'unknown';
  return texts
    .join(', ')
    .replaceAll(/[\\`*_[\]<>|#]/g, String.raw`\$&`)
    .replaceAll(/\s+/g, ' ');
}
