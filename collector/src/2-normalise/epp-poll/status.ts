/** Statuses (RFC 5731 section 2.3) as facts: locks and holds by their own types, everything else as a changed status. */
import type { MessageFact } from './message-fact.ts';

/** One fact per meaning of the statuses that came or went; the rest of the set is not said. */
export function statusFacts(statuses: readonly string[], isAdded: boolean): MessageFact[] {
  const byType = new Map<string, string[]>();
  for (const status of statuses) {
    const type = statusType(status, isAdded);
    byType.set(type, [...(byType.get(type) ?? []), status]);
  }
  return [...byType].map(([type, names]) => ({
    event_type: `registrar.domain.${type}`,
    attribute: 'statuses',
    old_known: false,
    added: isAdded ? names.toSorted() : [],
    removed: isAdded ? [] : names.toSorted(),
  }));
}

/** What the coming or going of a status means: locks and holds have types of their own. */
export function statusType(status: string, isAdded: boolean): string {
  if (status === 'serverHold' || status === 'clientHold') return isAdded ? 'hold_applied' : 'hold_removed';
  if (status === 'clientTransferProhibited') return isAdded ? 'lock_enabled' : 'lock_disabled';
  if (status.startsWith('server') && status.endsWith('Prohibited'))
    return isAdded ? 'registry_lock_enabled' : 'registry_lock_disabled';
  return 'status_changed';
}
