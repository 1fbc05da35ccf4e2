/** Plays small events through a detector built from rule text, for correlation tests. */
import { createDetector } from '../../../collector/src/6-detect/detector.ts';
import { fixedSources, memoryState, runDetector } from '../../../collector/src/6-detect/detector-run.ts';
import type { DetectorLimits } from '../../../collector/src/6-detect/correlation-run.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FindingDraft } from '../../../collector/src/contract/finding.ts';
import type { StepContext } from '../../../collector/src/contract/step.ts';
import { load, sha256 } from './rule-loading.ts';

/** One event: `t` in seconds, `k` its kind (matches rule `a` for kind a, and so on), other fields as given. */
export interface Tick {
  readonly t: number;
  readonly k: string;
  readonly from?: number;
  readonly id?: string;
  readonly [field: string]: unknown;
}

/** Event rules a, b, c for kinds a, b, c, and the correlation given in YAML flow style. */
export function correlationText(body: string, more = ''): string {
  const rule = (name: string): string =>
    `title: ${name}\nname: ${name}\nlogsource: {product: test}\ndetection: {s: {kind: ${name}}, condition: s}\n---\n`;
  return `${['a', 'b', 'c'].map(rule).join('')}title: corr\nid: 00000000-0000-4000-8000-000000000001\nname: corr\ncorrelation: ${body}\n${more}`;
}

/** A complete enough event. */
export function eventOf(tick: Tick, index: number): CanonicalEvent {
  const { t, k, from, id, ...fields } = tick;
  const at = (seconds: number): string => new Date(1_767_225_600_000 + seconds * 1000).toISOString();
  return {
    event_id: id ?? `e${String(index).padStart(4, '0')}`,
    event_type: 'other.activity',
    tenant: 'acme',
    kind: k,
    timestamp: at(t),
    ...(from === undefined ? {} : { timestamp_earliest: at(from) }),
    ingested_at: at(t),
    source_kind: 'manual',
    source_system: 'test',
    confidence: 0.9,
    actor_id: 'unknown',
    approval_state: 'not_found',
    domain: 'pay.example',
    ...fields,
  } as unknown as CanonicalEvent;
}

/** Runs ticks in event-time order and lets every timer fire until `untilS`. */
export function play(
  text: string,
  ticks: readonly Tick[],
  untilS = 1e7,
): { findings: readonly FindingDraft[]; counters: Readonly<Record<string, number>> } {
  const { ruleSet, problems } = load(text);
  const [error] = problems.filter(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Error(error.reason);
  return runDetector(ruleSet, ticks.map(eventOf), { sha256, untilMs: 1_767_225_600_000 + untilS * 1000 });
}

/** Distinct findings, last statement of each, with the evidence ids. */
export function outcome(text: string, ticks: readonly Tick[], untilS?: number): string[][] {
  const last = new Map(play(text, ticks, untilS).findings.map((draft) => [draft.finding_id, draft]));
  return [...last.values()].map((draft) => [...draft.evidence_event_ids]);
}

/** Runs ticks in the order given, as a preliminary lane would, with one state. */
export function playUnordered(
  text: string,
  ticks: readonly Tick[],
  limits?: DetectorLimits,
): { findings: FindingDraft[]; counters: Record<string, number> } {
  const detector = createDetector(load(text).ruleSet, limits);
  const states = new Map<string, ReturnType<typeof memoryState>>();
  const findings: FindingDraft[] = [];
  const counters: Record<string, number> = {};
  for (const [index, tick] of ticks.entries()) {
    const event = eventOf(tick, index);
    const nowMs = Date.parse(event.timestamp);
    const context = {
      nowMs,
      watermarkMs: nowMs,
      late: false,
      warmup: false,
      sources: fixedSources([]),
      sha256,
    } as unknown as StepContext;
    for (const scope of detector.scopesOf(event)) {
      const key = `${scope}|${scope === 'domain' ? event.domain : ''}`;
      const state = states.get(key) ?? memoryState();
      states.set(key, state);
      const result = detector.step(state, scope, event, context);
      findings.push(...result.findings);
      for (const [name, by] of Object.entries(result.counters ?? {}))
        counters[name] = (counters[name] ?? 0) + by;
    }
  }
  return { findings, counters };
}
