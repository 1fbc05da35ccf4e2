/** The story of a case: lines kept in the order they came, told in the order they happened. */
import type { TimelineEntry } from '../contract/case.ts';
import { limits } from '../contract/limits.ts';
import { formatInstant } from '../leaf/time.ts';
import { stateName, type CaseRecord } from './case-record.ts';
import { shown, utc, witnessName } from './narrative.ts';
import { placeOfLine, withLine, withLineAt } from './story-lines.ts';
import { editCase, readFinding, type Turn } from './turn.ts';

const perKindMax = 50;

/**
 * Adds a line unless its (ref, kind) stands there already. Event lines stop at 50 per event type and at the limit of
 * the timeline; findings and people's words always get in. `countAs` is what is counted, usually the event type.
 */
export function tell(turn: Turn, caseId: string, entry: TimelineEntry, countAs = ''): boolean {
  const story = turn.state.get<readonly TimelineEntry[]>(stateName.story(caseId)) ?? [];
  if (placeOfLine(story, entry) >= 0) return false;
  const record = editCase(turn, caseId);
  if (countAs !== '') {
    const count = (record.perKind[countAs] ?? 0) + 1;
    record.perKind[countAs] = count;
    if (count > perKindMax || story.length >= limits.timelineEntriesMax - 100) {
      record.omitted++;
      return false;
    }
  }
  if (story.length >= limits.timelineEntriesMax) {
    record.omitted++;
    return false;
  }
  // A new list of the same lines: editing would copy every line in the preliminary lane.
  turn.state.put(stateName.story(caseId), withLine(story, entry));
  return true;
}

/** Replaces the lines of one finding: its severity or state changed, the line says the newest. */
export function retell(turn: Turn, caseId: string, entry: TimelineEntry): void {
  const story = turn.state.get<readonly TimelineEntry[]>(stateName.story(caseId)) ?? [];
  const at = placeOfLine(story, entry);
  if (at < 0) tell(turn, caseId, entry);
  else turn.state.put(stateName.story(caseId), withLineAt(story, at, entry));
}

/** A span in which a kind of source was silent; `toMs` null while it lasts. */
export interface BlindSpan {
  readonly kind: string;
  readonly instance: string;
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly ref: string;
}

const blindMax = 200;

/** Notes that a source fell silent or came back. A source that was never silent and recovers says nothing. */
export function noteBlind(
  turn: Turn,
  event: { kind: string; instance: string; ref: string; silent: boolean; sinceMs: number },
): void {
  const spans = turn.state.edit<BlindSpan[]>(stateName.blind, () => []);
  const at = spans.findIndex(
    (span) => span.toMs === null && span.kind === event.kind && span.instance === event.instance,
  );
  const open = spans[at];
  if (event.silent) {
    if (open !== undefined) return;
    spans.push({
      kind: event.kind,
      instance: event.instance,
      fromMs: event.sinceMs,
      toMs: null,
      ref: event.ref,
    });
    if (spans.length > blindMax) spans.shift();
    // Frozen: what is over is shared by all copies of the list, and its line by all that is said.
  } else if (open !== undefined) spans[at] = Object.freeze({ ...open, toMs: turn.nowMs });
}

/** Lines of spans that are over, so that every revision of every case says the same one. */
const linesOfSpans = new WeakMap<BlindSpan, TimelineEntry>();

/**
 * True for a source that may watch what the case is about: of several of a kind those that speak about it, as far as that is
 * known. `watching`: kind/id of those.
 */
function mayWatch({ kind, instance }: BlindSpan, watching: readonly string[]): boolean {
  const ofKind = watching.filter((source) => source.startsWith(`${kind}/`));
  return instance === '' || ofKind.length === 0 || ofKind.includes(`${kind}/${instance}`);
}

function blindLines(turn: Turn, record: CaseRecord, fromMs: number, toMs: number): TimelineEntry[] {
  const spans = turn.state.get<readonly BlindSpan[]>(stateName.blind) ?? [];
  const ofTime = spans.filter((span) => span.fromMs <= toMs && (span.toMs ?? toMs) >= fromMs);
  if (ofTime.length === 0) return [];
  const watching = record.findings.flatMap((id) => readFinding(turn, id)?.draft.context.heard_sources ?? []);
  return ofTime.filter((span) => mayWatch(span, watching)).map(lineOfSpan);
}

function lineOfSpan(span: BlindSpan): TimelineEntry {
  const known = linesOfSpans.get(span);
  if (known !== undefined) return known;
  const instance = span.instance === '' ? '' : ` (${shown(span.instance)})`;
  const source = `${witnessName(span.kind)}${instance}`;
  const end =
    span.toMs === null
      ? 'and it is still silent'
      : `until ${utc(formatInstant(span.toMs))}, ${Math.ceil((span.toMs - span.fromMs) / 60_000)} minutes`;
  const line: TimelineEntry = {
    at: formatInstant(span.fromMs),
    ...(span.toMs === null ? {} : { until: formatInstant(span.toMs) }),
    kind: 'blind',
    plane: 'pipeline',
    text: `We could not see through ${source} from ${utc(formatInstant(span.fromMs))} ${end}.`,
    ref: span.ref,
    source_kind: span.kind,
  };
  if (span.toMs !== null) linesOfSpans.set(span, line);
  return line;
}

/** The timeline in order of (at, ref, kind), with blind spans of its time and one line for what was left out. */
export function timelineOf(turn: Turn, record: CaseRecord): TimelineEntry[] {
  const story = turn.state.get<readonly TimelineEntry[]>(stateName.story(record.id)) ?? [];
  const fromMs = record.openedMs - turn.settings.retention.memoryMs;
  const lines = [
    ...story,
    ...blindLines(turn, record, fromMs, Math.max(record.lastActivityMs, record.updatedMs)),
  ];
  if (record.omitted > 0)
    lines.push({
      at: formatInstant(record.updatedMs),
      kind: 'revision',
      plane: 'pipeline',
      text: `${record.omitted} further events of the same kinds are not listed here; they are in the event log.`,
      ref: `${record.id}/omitted`,
    });
  return lines.sort((a, b) => order(a.at, b.at) || order(a.ref, b.ref) || order(a.kind, b.kind));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
