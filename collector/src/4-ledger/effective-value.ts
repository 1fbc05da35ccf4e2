/** The whole set after a change, when the feed tells only the record that changed. */
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import type { ChangeDescription } from './change-description.ts';

/** What a control holds after an event. `partial`: the set is not known, `value` are only the records the event names. */
export interface Effective {
  readonly value: EventValue | undefined;
  readonly partial: boolean;
}

/** True for an event about one record of a set, as DNSimple and Cloudflare report them (`source.scope`). */
export function isOneRecord(event: CanonicalEvent): boolean {
  return event.source?.['scope'] === 'record' && event.event_type.startsWith('dns.record.');
}

/**
 * Value of the control after the event. Some providers report single records: a created record joins the known set, a
 * deleted one leaves it, an updated one takes the place of the value it had. Where the set before is not known, or which
 * of its records was replaced, only the named records are told. Undefined value: the event does not tell and nothing
 * was known.
 */
export function effectiveValue(
  described: ChangeDescription,
  event: CanonicalEvent,
  prior: EventValue | undefined,
): Effective {
  const { value } = described;
  const whole = (set: EventValue | undefined): Effective => ({ value: set, partial: false });
  const single = isOneRecord(event);
  if (!single && (event.old_known === true || !Array.isArray(prior))) return whole(value);
  if (!Array.isArray(prior)) return { value: Array.isArray(value) ? value : [], partial: true };
  const added = Array.isArray(value) ? value : [];
  const named = Array.isArray(event.old_value) ? new Set(event.old_value) : undefined;
  switch (event.event_type) {
    case 'dns.record.created':
      return whole(Array.isArray(value) ? union(prior, added) : value);
    case 'dns.record.deleted':
      return named === undefined ? { value: [], partial: single } : whole(without(prior, named));
    default:
      return single ? updated(prior, added, named) : whole(value);
  }
}

function updated(
  prior: readonly string[],
  added: readonly string[],
  replaced: ReadonlySet<string> | undefined,
): Effective {
  if (replaced !== undefined) return { value: union(without(prior, replaced), added), partial: false };
  if (added.every((item) => prior.includes(item))) return { value: [...prior], partial: false };
  return prior.length === 1 ? { value: [...added], partial: false } : { value: [...added], partial: true };
}

function union(set: readonly string[], items: readonly string[]): string[] {
  return [...new Set([...set, ...items])].sort();
}

function without(set: readonly string[], items: ReadonlySet<string>): string[] {
  return set.filter((item) => !items.has(item));
}
