/** What every kind of poll message is read into, and the values they share. */
import type { EventDraft } from '../../contract/normaliser.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { formatInstant, parseInstant } from '../../leaf/time.ts';

/** One fact: canonical fields, the domain as the registry wrote it, and the time the payload gives for it. */
export type MessageFact = Partial<EventDraft> & { event_type: string; name?: string; at?: string };

/** Instant in canonical form; UTC when the registry left the zone out. */
export function canonicalInstant(text: string | undefined): string | undefined {
  const instant = text === undefined ? undefined : (parseInstant(text) ?? parseInstant(`${text}Z`));
  return instant === undefined ? undefined : formatInstant(instant.ms);
}

/** Name servers of a domain:infData in canonical form; undefined when it lists none, which may also mean "not said". */
export function nameServersOf(names: readonly string[]): string[] | undefined {
  return names.length === 0 ? undefined : canonicalRecordSet('NS', names);
}
