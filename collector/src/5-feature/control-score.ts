/** The control score 0-100 with coverage, and the statement when it falls (3.3, S01). Losing a source never moves it. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import { heardSources } from '../contract/ledger.ts';
import type { ControlScore, ScoreComponent } from '../contract/score.ts';
import type { Annotation, Annotator, ScoreReader, StateView, StepContext } from '../contract/step.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import { formatInstant, parseInstant } from '../leaf/time.ts';
import { changeOf, churnWeight, classOf, domainFacts, firstReport, isUnapproved } from './change-weight.ts';
import { featureConstants } from './constants.ts';
import { scoreComponents, scoreRows } from './score-components.ts';
import { scoreStateName } from './score-input.ts';
import type { ScoreMemory } from './score-input.ts';

const constants = featureConstants.score;
const dayMs = 86_400_000;
const nsTimesMax = 16;

/** Score over known components, null when none is known; and the known share of the whole weight. */
export function scoreOf(components: readonly ScoreComponent[]): { score: number | null; coverage: number } {
  let sum = 0;
  let weight = 0;
  for (const component of components) {
    if (component.value === null || !component.applicable) continue;
    sum += component.weight * component.value;
    weight += component.weight;
  }
  return {
    score: weight === 0 ? null : rounded((100 * sum) / weight, 4),
    coverage: rounded(weight / 100, 4),
  };
}

/** Action that would raise the score most: the component that loses most points and has an action. */
function bestAction(components: readonly ScoreComponent[]): string | null {
  let best: string | null = null;
  let most = 0;
  for (const { applicable, next_action: action, value, weight } of components) {
    if (!applicable || action === null) continue;
    const lost = weight * (value === null ? 0.5 : 1 - value);
    if (lost <= most) continue;
    most = lost;
    best = action;
  }
  return best;
}

/** A value whose source is silent stands, as the last word, and says so: silence lowers trust, not the score. */
function withBlindness(
  component: ScoreComponent,
  state: StateView,
  tenant: string,
  context: StepContext,
): ScoreComponent {
  const { source, known, reason } = component;
  if (!known || source === null) return component;
  const own = heardSources(state, source);
  const status = context.sources.status(tenant, source, context.nowMs, own);
  if (status === undefined || status.alive) return component;
  const since = status.silentSinceMs === undefined ? '' : ` since ${formatInstant(status.silentSinceMs)}`;
  const which = own.length === 0 ? source : `${source} (${own.join(', ')})`;
  return { ...component, reason: `${reason}; not confirmed: ${which} is silent${since}` };
}

/** Computes the control score of a domain from its state. `risk` and `risk_detail` are the case keeper's to say (`CaseKeeper.riskOf`) and null here. */
export const readControlScore: ScoreReader = (state, domain, context): ControlScore => {
  const memory = state.get<ScoreMemory>(scoreStateName);
  const components = scoreComponents({ state, domain, context, memory }).map((component) =>
    withBlindness(component, state, domain.tenant, context),
  );
  return {
    tenant: domain.tenant,
    domain: domain.domain,
    as_of: formatInstant(context.nowMs),
    ...scoreOf(components),
    components,
    next_best_action: bestAction(components),
    risk: null,
    risk_detail: null,
    tier: domain.tier ?? null,
    team: domain.team ?? null,
  };
};

/** Control score of one vector of component values (per mille, -1 unknown); null when nothing is known. */
export function scoreOfValues(values: readonly number[]): number | null {
  let sum = 0;
  let weight = 0;
  scoreRows.forEach(([, w], index) => {
    const value = values[index] ?? -1;
    if (value < 0) return;
    sum += (w * value) / 1000;
    weight += w;
  });
  return weight === 0 ? null : rounded((100 * sum) / weight, 4);
}

/**
 * Points lost from one vector of component values (per mille, -1 unknown) to another, on components known in both;
 * negative when it rose. `weight`: how much of the 100 was compared.
 */
export function pointsLost(
  before: readonly number[],
  now: readonly number[],
): { points: number; weight: number } {
  let weight = 0;
  let lost = 0;
  for (let index = 0; index < scoreRows.length; index++) {
    const [, w] = scoreRows[index] as (typeof scoreRows)[number];
    const old = before[index] ?? -1;
    const current = now[index] ?? -1;
    if (old < 0 || current < 0) continue;
    weight += w;
    lost += (w * (old - current)) / 1000;
  }
  return { points: weight === 0 ? 0 : (100 * lost) / weight, weight };
}

function emptyMemory(): ScoreMemory {
  return { ns: [], weights: [], snapshots: [], low: false };
}

/** Annotator that remembers what the score needs, adds `feature.score` to changes, and states drops. */
export const controlScore: Annotator = {
  name: 'score',
  scope: 'domain',
  wants: [
    'registrar.domain.',
    'dns.',
    'dnsquery.answer.',
    'dnsquery.validation.failed',
    'derived.control_score.changed',
  ],
  step(state, message, context): Annotation {
    if (message.kind !== 'event' || message.event.domain === undefined) return {};
    const { event, timeMs } = message;
    const domain = context.inventory.domain(message.tenant, message.event.domain);
    if (domain === undefined) return {};
    const isChange = changeOf(event) !== undefined;
    const first = isChange && firstReport(state, event) !== undefined;
    if (first) noteChange(state, event, timeMs, context);
    noteNetworks(state, event, timeMs);
    noteValidation(state, event, timeMs);
    noteAccount(state, event);
    if (!isChange && !isFirstLook(event)) return {};
    return judge(state, event, timeMs, domain, context);
  },
};

/** The account told something that counts for all its names (4-ledger/account-ledger.ts). */
function isAccountNews(event: CanonicalEvent): boolean {
  return event.event_type === 'derived.control_score.changed';
}

/** A first look at a control can make a component known; later observations of the same state change none. */
function isFirstLook(event: CanonicalEvent): boolean {
  if (event.event_type === 'dnsquery.validation.failed' || isAccountNews(event)) return true;
  const change = event.feature?.['change'] as FeatureOf<'change'> | undefined;
  return change?.first_look === true;
}

function noteChange(state: StateView, event: CanonicalEvent, atMs: number, context: StepContext): void {
  const memory = state.edit<ScoreMemory>(scoreStateName, emptyMemory);
  const control = changeOf(event)?.control ?? '';
  const hosts = domainFacts(event, context).critical_hosts ?? [];
  const what = classOf(control, event.domain ?? '', event.old_value, event.new_value, hosts);
  const weight = churnWeight(what, event);
  const unapproved = isUnapproved(event);
  if (what === 'ns' && unapproved) memory.ns = [...memory.ns, atMs].slice(-nsTimesMax);
  const day = Math.floor(atMs / dayMs);
  memory.weights = memory.weights.filter(([at]) => at > day - constants.approvalWindowMs / dayMs);
  const today = memory.weights.find(([at]) => at === day);
  if (today === undefined) memory.weights.push([day, unapproved ? 0 : weight, weight]);
  else {
    today[1] += unapproved ? 0 : weight;
    today[2] += weight;
  }
}

function noteNetworks(state: StateView, event: CanonicalEvent, atMs: number): void {
  if (event.attribute !== 'nameserver_addresses') return;
  const target = event.enrich?.['target'] as { asns?: unknown; anycast?: unknown } | undefined;
  const asns = target?.asns;
  if (!Array.isArray(asns) || asns.length === 0) return;
  const memory = state.edit<ScoreMemory>(scoreStateName, emptyMemory);
  memory.nsNetworks = [new Set(asns).size, atMs];
  if (target?.anycast === true) memory.nsAnycast = true;
  else delete memory.nsAnycast;
}

function noteValidation(state: StateView, event: CanonicalEvent, atMs: number): void {
  const validation = event.feature?.['validation'] as FeatureOf<'validation'> | undefined;
  if (validation?.surge !== true) return;
  state.edit<ScoreMemory>(scoreStateName, emptyMemory).bogusMs = atMs;
}

/** Events about the domain carry what its account stated: the two are keyed apart. */
function noteAccount(state: StateView, event: CanonicalEvent): void {
  const kind = (event.feature?.['mfa'] as FeatureOf<'mfa'> | undefined)?.account_kind;
  const checked = (event.feature?.['recovery'] as FeatureOf<'recovery'> | undefined)?.checked_at;
  const recoveryMs = checked === undefined ? undefined : parseInstant(checked)?.ms;
  const known = state.get<ScoreMemory>(scoreStateName);
  if (kind !== undefined && known?.accountMfa !== kind)
    state.edit<ScoreMemory>(scoreStateName, emptyMemory).accountMfa = kind;
  if (recoveryMs !== undefined && known?.recoveryMs !== recoveryMs)
    state.edit<ScoreMemory>(scoreStateName, emptyMemory).recoveryMs = recoveryMs;
}

function judge(
  state: StateView,
  event: CanonicalEvent,
  atMs: number,
  domain: InventoryDomain,
  context: StepContext,
): Annotation {
  const memory = state.edit<ScoreMemory>(scoreStateName, emptyMemory);
  const components = scoreComponents({ state, domain, context, memory });
  const now = components.map(({ value, applicable }) =>
    value === null || !applicable ? -1 : Math.round(value * 1000),
  );
  const { score, coverage } = scoreOf(components);
  const drop15 = largestLoss(memory, now, atMs - 15 * 60_000, atMs);
  const drop24 = largestLoss(memory, now, atMs - dayMs, atMs);
  const trusted = coverage >= constants.coverageMin;
  const drop = trusted && (drop15.lost >= constants.drop15Points || drop24.lost >= constants.drop24Points);
  const low = trusted && score !== null && score < constants.lowPoints && (domain.tier ?? 0) <= 1;
  const feature: FeatureOf<'score'> = {
    ...(score === null ? {} : { value: score }),
    coverage,
    drop_15m: rounded(Math.max(0, drop15.lost), 4),
    drop_24h: rounded(Math.max(0, drop24.lost), 4),
    drop,
    low,
    components: fallen(drop24.before, now),
    known: trusted,
    n: now.filter((value) => value >= 0).length,
    as_of: event.timestamp,
  };
  const newDrop = drop && (memory.droppedMs === undefined || memory.droppedMs <= atMs - dayMs);
  const newLow = low && !memory.low;
  if (newDrop) memory.droppedMs = atMs;
  memory.low = low;
  noteSnapshot(memory, now, atMs);
  const derived =
    (newDrop || newLow) && !isAccountNews(event)
      ? [
          {
            event_type: 'derived.control_score.changed',
            key: [newDrop ? 'drop' : 'low', event.event_id],
            feature: { score: feature },
            links: [{ rel: 'caused_by', event_id: event.event_id }],
          },
        ]
      : [];
  return { features: { score: feature }, derived };
}

/**
 * Largest loss against a state in force within the window. Of several, those that share most known components decide: a
 * state from before most sources were connected would exaggerate.
 */
function largestLoss(
  memory: ScoreMemory,
  now: readonly number[],
  fromMs: number,
  atMs: number,
): { lost: number; before: readonly number[] } {
  let best = { lost: 0, weight: 0, before: now };
  const { snapshots } = memory;
  for (let index = 0; index < snapshots.length; index++) {
    const [, values] = snapshots[index] as ScoreMemory['snapshots'][number];
    const until = snapshots[index + 1]?.[0] ?? atMs;
    if (until < fromMs) continue;
    const { points, weight } = pointsLost(values, now);
    if (weight < best.weight || (weight === best.weight && points <= best.lost)) continue;
    best = { lost: points, weight, before: values };
  }
  return best;
}

function fallen(before: readonly number[], now: readonly number[]): string[] {
  return scoreRows
    .filter((_row, index) => (before[index] ?? -1) >= 0 && (now[index] ?? -1) >= 0)
    .filter(([name]) => {
      const index = scoreRows.findIndex(([other]) => other === name);
      return (now[index] ?? 0) < (before[index] ?? 0);
    })
    .map(([name]) => name)
    .sort();
}

function noteSnapshot(memory: ScoreMemory, now: number[], atMs: number): void {
  const last = memory.snapshots.at(-1);
  if (last !== undefined && last[1].every((value, index) => value === now[index])) return;
  if (last !== undefined && last[1].every((value, index) => value === now[index] || value < 0)) {
    // Only more became known: the same state, seen better.
    last[1] = now;
    return;
  }
  memory.snapshots.push([atMs, now]);
  while (
    memory.snapshots.length > constants.snapshotsMax ||
    (memory.snapshots[1]?.[0] ?? atMs) < atMs - dayMs
  )
    memory.snapshots.shift();
}
