/** Words and rights of suppressions. Pure. */
import { t } from '@grafana/i18n';
import type { Status, SuppressionView } from '../../api/shapes.ts';
import type { ScoreTone } from '../../components/tone.ts';
import { may } from '../../model/roles.ts';
import { scopeKinds, scopeName, type ScopeKind } from '../../model/suppression-request.ts';
import { safe } from '../../model/words.ts';

/** `Detection R02` of `{rule: 'R02'}`; what is not understood is shown as it is. */
export function scopeText(scope: unknown): string {
  if (typeof scope !== 'object' || scope === null) return safe(JSON.stringify(scope));
  const words = Object.entries(scope).map(([kind, value]) => `${scopeName(kind)} ${safe(String(value))}`);
  return words.length === 0 ? t('suppressions.everything', 'everything') : words.join(', ');
}

/** Kind and value of a scope; undefined when it is not understood. */
export function scopeOf(scope: unknown): { readonly kind: ScopeKind; readonly value: string } | undefined {
  if (typeof scope !== 'object' || scope === null) return undefined;
  for (const kind of scopeKinds) {
    const value = (scope as Record<string, unknown>)[kind];
    if (typeof value === 'string') return { kind, value };
  }
  return undefined;
}

/** Ended and expired ones hide nothing any more. */
export function isOver({ state }: Pick<SuppressionView, 'state'>): boolean {
  return state === 'ended' || state === 'expired';
}

/** One that hides is to be looked at; one that waits or is over hides nothing. */
export function stateTone({ state }: Pick<SuppressionView, 'state'>): ScoreTone | undefined {
  return state === 'active' ? 'fair' : undefined;
}

/** Why this person may not approve; undefined: they may. The collector decides. */
export function approvalRefusal(
  { created_by: by }: Pick<SuppressionView, 'created_by'>,
  status: Status | undefined,
): string | undefined {
  if (!may(status, 'approver')) return t('suppressions.no-role', 'Only an approver may approve');
  return status?.user.id === by
    ? t('suppressions.own', 'Nobody approves what they set themselves')
    : undefined;
}
