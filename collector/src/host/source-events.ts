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

/**
 * Notes in the directory what events tell about their sources, whatever order they are given in. A notice is about the source
 * it names (`source_id`, `source_instance`) where some event came from that source, else about the kind as a whole.
 */
export function noteSourceEvents(
  sources: SourceDirectory,
  events: readonly CanonicalEvent[],
  intervalMs = assumedIntervalMs,
): void {
  const firstMs = new Map<string, readonly [CanonicalEvent, number]>();
  for (const event of events) {
    if (isNotice(event) || event.source_kind === 'pipeline') continue;
    const key = JSON.stringify([event.tenant, event.source_kind, sourceOf(event)]);
    const atMs = instantMs(event.timestamp);
    if (atMs < (firstMs.get(key)?.[1] ?? Infinity)) firstMs.set(key, [event, atMs]);
  }
  for (const [event, atMs] of firstMs.values())
    if (!sources.ids(event.tenant, event.source_kind).includes(sourceOf(event)))
      sources.note(event.tenant, event.source_kind, sourceOf(event), atMs, true, intervalMs);
  for (const event of events) {
    const kind = isNotice(event) ? kindInQuestion(event) : undefined;
    if (kind === undefined) continue;
    const named = [event.source_id, event.source_instance];
    const known = sources.ids(event.tenant, kind);
    const one = named.find((each) => each !== undefined && known.includes(each));
    const alive = event.event_type === 'pipeline.source.recovered';
    for (const id of one !== undefined ? [one] : known.length > 0 ? known : [kind])
      sources.note(event.tenant, kind, id, instantMs(event.timestamp), alive, intervalMs);
  }
}

function isNotice({ event_type: type }: CanonicalEvent): boolean {
  return type === 'pipeline.source.silent' || type === 'pipeline.source.recovered';
}

/** The configured source of an event; its kind where it does not say. */
function sourceOf(event: CanonicalEvent): string {
  return event.source_id ?? event.source_kind;
}
