/** The whole set after a change, when the feed tells only the record that changed. */
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import type { ChangeDescription } from './change-description.ts';

/**
 * Value of the control after the event. Some providers report single records: a created record joins the known set, a
 * deleted one leaves it. Undefined: the event does not tell and nothing was known.
 */
export function effectiveValue(
  described: ChangeDescription,
  event: CanonicalEvent,
  prior: EventValue | undefined,
): EventValue | undefined {
  const { value } = described;
  if (event.old_known === true || !Array.isArray(prior)) return value;
  if (event.event_type === 'dns.record.created' && Array.isArray(value))
    return [...new Set([...prior, ...value])].sort();
  if (event.event_type === 'dns.record.deleted' && Array.isArray(event.old_value)) {
    const gone = new Set(event.old_value);
    return prior.filter((item) => !gone.has(item));
  }
  return value;
}
