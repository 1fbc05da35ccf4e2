/** What a person asks for who hides findings. Pure. */
import { t } from '@grafana/i18n';
import type { ChangeBody } from '../api/data-layer.ts';
import { readable } from './words.ts';

/** By what findings are hidden. */
export const scopeKinds = ['rule', 'domain', 'actor', 'cidr'] as const;
/** One of them. */
export type ScopeKind = (typeof scopeKinds)[number];

const dayMs = 86_400_000;

/** Why, by which ticket, who answers for it, and for how many days (empty: for good). */
export type SuppressionTerms = Readonly<Record<'reason' | 'ticket' | 'owner' | 'days', string>>;

/** What the collector gets. */
export function suppressionBody(
  draft: SuppressionTerms & {
    readonly tenant: string;
    readonly kind: ScopeKind;
    readonly value: string;
  },
  nowMs: number,
): ChangeBody<'POST /suppressions'> {
  const { tenant, kind, value, reason, ticket, owner, days } = draft;
  return {
    tenant,
    scope: { [kind]: value.trim() },
    reason: reason.trim(),
    ticket: ticket.trim(),
    owner: owner.trim(),
    expires_at: days === '' ? null : new Date(nowMs + Number(days) * dayMs).toISOString(),
  };
}

/** What a suppression goes by, as people say it; unknown kinds as words. */
export function scopeName(kind: string): string {
  const names: Readonly<Record<ScopeKind, string>> = {
    rule: t('suppress.rule', 'Detection'),
    domain: t('suppress.domain', 'Domain'),
    actor: t('suppress.actor', 'Person'),
    cidr: t('suppress.cidr', 'Network'),
  };
  return Object.hasOwn(names, kind) ? names[kind as ScopeKind] : readable(kind);
}
