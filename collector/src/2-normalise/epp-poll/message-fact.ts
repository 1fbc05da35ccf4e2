/** What every kind of poll message is read into, and the values they share. */
import type { EventDraft } from '../../contract/normaliser.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { formatInstant, parseInstant } from '../../leaf/time.ts';
import type { Instant } from '../../leaf/time.ts';

/** One fact: canonical fields, the domain as the registry wrote it, and the time the payload gives for it. */
export type MessageFact = Partial<EventDraft> & { event_type: string; name?: string; at?: string };

/** EPP times carry a zone by rule; some registries leave it out, which counts as UTC. */
export function eppInstant(text: string): Instant | undefined {
  return parseInstant(text) ?? parseInstant(`${text}Z`);
}

/** Instant in canonical form; undefined when absent or no time. */
export function canonicalInstant(text: string | undefined): string | undefined {
  const instant = text === undefined ? undefined : eppInstant(text);
  return instant === undefined ? undefined : formatInstant(instant.ms);
}

/** Name servers of a domain:infData in canonical form; undefined when it lists none, which may also mean "not said". */
export function nameServersOf(names: readonly string[]): string[] | undefined {
  return names.length === 0 ? undefined : canonicalRecordSet('NS', names);
}
