/** Says what is wrong with an incident file before it is played: every problem with its place, none twice. */
import { canonicalEventProblems, readCanonicalEvent, sourceKinds } from '../contract/event.ts';
import { severities } from '../contract/severity.ts';
import { forbiddenOutcomes } from '../host/incident-verdict.ts';
import { parseInstant } from '../leaf/time.ts';

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && parseInstant(value) !== undefined;
}

function isOneOf(words: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && words.includes(value);
}

/**
 * Problems of a parsed incident file (`incident-reconstruction/1`), each `/place: message`; empty: it can be played. Inventory and
 * intents have checks of their own. A file without `replay` tells so alone.
 */
export function incidentProblems(value: unknown): string[] {
  const incident = fieldsOf(value);
  const page = fieldsOf(incident?.['page']);
  if (incident === undefined || typeof incident['id'] !== 'string' || page === undefined)
    return ['/: not an incident file (format incident-reconstruction/1)'];
  const replay = fieldsOf(incident['replay']);
  if (replay === undefined) return ['/replay: has no executable part'];
  return [...expectationProblems(incident, page), ...replayProblems(replay)];
}

function expectationProblems(incident: Fields, page: Fields): string[] {
  const problems: string[] = [];
  const { utc, replay_utc: replayed } = fieldsOf(incident['anchor']) ?? {};
  if (!isTime(utc ?? replayed))
    problems.push('/anchor: needs a time (RFC 3339, UTC) in "utc" or "replay_utc"');
  const entries = incident['sequence'];
  if (!Array.isArray(entries))
    problems.push('/sequence: must be a list of entries with "n" and "t_offset_s"');
  else
    for (const [at, entry] of entries.entries()) {
      const { n, t_offset_s: offset } = fieldsOf(entry) ?? {};
      if (typeof n !== 'number' || typeof offset !== 'number')
        problems.push(`/sequence/${at}: needs the numbers "n" and "t_offset_s"`);
    }
  if (typeof page['should_page'] !== 'boolean') problems.push('/page/should_page: must be true or false');
  if ((page['severity'] ?? undefined) !== undefined && !isOneOf(severities, page['severity']))
    problems.push(`/page/severity: must be one of ${severities.join(', ')}`);
  for (const [at, check] of listOf(incident['must_not_checks']).entries())
    if (!isOneOf(forbiddenOutcomes, fieldsOf(check)?.['type']))
      problems.push(`/must_not_checks/${at}/type: must be one of ${forbiddenOutcomes.join(', ')}`);
  return problems;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function replayProblems(replay: Fields): string[] {
  const problems: string[] = [];
  for (const name of ['sources', 'warmup', 'events'])
    if (!Array.isArray(replay[name])) problems.push(`/replay/${name}: must be a list`);
  for (const [at, source] of listOf(replay['sources']).entries()) {
    const { source_kind: kind, interval_s: interval } = fieldsOf(source) ?? {};
    if (!isOneOf(sourceKinds, kind))
      problems.push(`/replay/sources/${at}/source_kind: must be one of ${sourceKinds.join(', ')}`);
    if (typeof interval !== 'number' || !(interval > 0))
      problems.push(`/replay/sources/${at}/interval_s: must be a number above 0`);
  }
  for (const name of ['warmup', 'events'])
    for (const [at, entry] of listOf(replay[name]).entries()) {
      const place = `/replay/${name}/${at}`;
      const { n, arrival, event } = fieldsOf(entry) ?? {};
      if (name === 'events' && typeof n !== 'number') problems.push(`${place}/n: must be a number`);
      if (name === 'events' && !isTime(arrival))
        problems.push(`${place}/arrival: must be a time that exists (RFC 3339, UTC)`);
      problems.push(...eventProblems(event).map((problem) => `${place}/event${problem}`));
    }
  return problems;
}

function eventProblems(event: unknown): readonly string[] {
  const read = readCanonicalEvent(event);
  if (!read.ok) return read.problems.length > 0 ? read.problems : canonicalEventProblems(event);
  const { timestamp, observed_at: observed, ingested_at: ingested } = read.event;
  return [timestamp, observed, ingested].every(isTime) ? [] : [': has a time that does not exist'];
}
