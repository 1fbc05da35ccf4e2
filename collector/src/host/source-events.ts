/** What events say about their sources: a kind that speaks lives, until a `pipeline.source.silent` says otherwise. */
import { sourceKinds, type CanonicalEvent } from '../contract/event.ts';
import type { SourceDirectory } from '../engine/surroundings.ts';
import { instantMs } from './instant-ms.ts';

/** Interval assumed for a kind nobody configured, ms. */
export const assumedIntervalMs = 60_000;

const kinds: ReadonlySet<string> = new Set(sourceKinds);

/** The source kind a pipeline event is about: named in `source`, `attribute`, a value, or the event's own kind. */
export function kindInQuestion(event: CanonicalEvent): string | undefined {
  const named = [
    event.source?.['source_kind'],
    event.source?.['kind'],
    event.attribute,
    event.new_value,
    event.old_value,
    event.source_instance,
    event.source_system,
    event.source_kind === 'pipeline' ? undefined : event.source_kind,
  ];
  return named.find((name): name is string => typeof name === 'string' && kinds.has(name));
}

/** Notes in the directory what an event tells about its source. */
export function noteSourceEvents(
  sources: SourceDirectory,
  event: CanonicalEvent,
  intervalMs = assumedIntervalMs,
): void {
  const atMs = instantMs(event.timestamp);
  if (event.event_type === 'pipeline.source.silent' || event.event_type === 'pipeline.source.recovered') {
    const kind = kindInQuestion(event);
    const alive = event.event_type === 'pipeline.source.recovered';
    if (kind !== undefined) sources.note(event.tenant, kind, kind, atMs, alive, intervalMs);
    return;
  }
  if (event.source_kind === 'pipeline') return;
  if (sources.status(event.tenant, event.source_kind, atMs) === undefined)
    sources.note(event.tenant, event.source_kind, event.source_kind, atMs, true, intervalMs);
}
