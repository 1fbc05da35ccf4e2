/**
 * What each annotator of the ledger and each feature costs per event it wants: the benign organisation of `npm run noise` plays
 * some weeks through the real engine, and every step is timed where it runs, on the state it really has. The floor is
 * `JSON.parse` of one of these events.
 */
import { createInventoryIndex } from '../../collector/src/3-enrich/inventory-index.ts';
import { ledgerAnnotators } from '../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../collector/src/5-feature/index.ts';
import { enrichEvent, enrichForTenants } from '../../collector/src/3-enrich/index.ts';
import { sha256Hex } from '../../collector/src/app/digest.ts';
import type { CanonicalEvent } from '../../collector/src/contract/event.ts';
import type { Annotator } from '../../collector/src/contract/step.ts';
import { annotateOperator } from '../../collector/src/engine/annotate-operator.ts';
import { SourceDirectory, Versions, type EngineTables } from '../../collector/src/engine/surroundings.ts';
import { eventMessages, VirtualRun } from '../../collector/src/host/virtual-run.ts';
import { benignSources } from '../noise/benign-stage.ts';
import { inventoryOf, tenant } from '../noise/benign-world.ts';
import { stageOf } from '../noise/noise-run.ts';
import { median, rounded, spreadOf, type Figure } from './figure.ts';

const dayMs = 86_400_000;
const world = { domains: 200, days: 40, seed: 20260105 };
const scopes = ['principal', 'account', 'domain', 'organisation'] as const;

/** Milliseconds of each step. */
type Timing = number[];

/** Time one call of the clock costs, which every timed step carries. */
function clockMs(): number {
  const rounds = 200_000;
  const started = performance.now();
  for (let i = 0; i < rounds; i++) performance.now();
  return (performance.now() - started) / rounds;
}

function timed(annotator: Annotator, timings: Map<string, Timing>): Annotator {
  const timing: Timing = [];
  timings.set(`${annotator.scope}.${annotator.name}`, timing);
  return {
    ...annotator,
    step(state, message, context, key) {
      const started = performance.now();
      const annotation = annotator.step(state, message, context, key);
      timing.push(performance.now() - started);
      return annotation;
    },
  };
}

/** Plays the weeks once; timings by scope and name, and the events. */
function play(): { timings: ReadonlyMap<string, Timing>; events: readonly CanonicalEvent[] } {
  const stage = stageOf(world);
  const tables: EngineTables = {
    inventory: new Versions(createInventoryIndex(inventoryOf(stage.world))),
    sources: new SourceDirectory(),
    sha256: sha256Hex,
  };
  for (const [kind, intervalMs] of benignSources)
    tables.sources.note(tenant, kind, kind, 0, true, intervalMs);
  const timings = new Map<string, Timing>();
  const annotators = [...ledgerAnnotators, ...featureAnnotators].map((each) => timed(each, timings));
  const enrich = (event: CanonicalEvent): readonly CanonicalEvent[] =>
    enrichForTenants(event, tables.inventory.latest());
  const operators = () =>
    scopes.map((scope) =>
      annotateOperator(scope, annotators, (event, context) => enrichEvent(event, context.inventory)),
    );
  const run = new VirtualRun({ operators, tables, preliminary: false });
  const events: CanonicalEvent[] = [];
  const startMs = stage.endMs - (world.days + 15) * dayMs;
  for (let today = startMs; today < stage.endMs; today += dayMs) {
    stage.playDay(Math.floor(today / dayMs));
    const due = stage.deliveries;
    stage.deliveries = [];
    run.feed(
      due.flatMap(({ event, ingestMs }) => {
        events.push(event);
        return eventMessages(event, ingestMs, false, enrich).map((message) => ({ ingestMs, message }));
      }),
    );
  }
  run.finish(stage.endMs + dayMs);
  return { timings, events };
}

/** Mean without the dearest twentieth, at least one: steps in which the machine did something else. */
function meanUs(timing: Timing, clock: number): number {
  const kept = timing.toSorted((a, b) => a - b).slice(0, -Math.max(1, Math.ceil(timing.length / 20)));
  if (kept.length === 0) return Number.NaN;
  return Math.max(0, 1000 * (kept.reduce((sum, ms) => sum + ms, 0) / kept.length - clock));
}

function parseUs(texts: readonly string[]): number {
  const started = performance.now();
  for (const text of texts) JSON.parse(text);
  return (1000 * (performance.now() - started)) / texts.length;
}

/** One figure per annotator, dearest first: microseconds per event that it wants. */
export async function* featureFigures(rounds: number): AsyncGenerator<Figure> {
  const byName = new Map<string, { us: number[]; steps: number }>();
  const floors: number[] = [];
  const clock = clockMs();
  for (let round = 0; round <= rounds; round++) {
    const { timings, events } = play();
    const floor = parseUs(events.slice(0, 20_000).map((event) => JSON.stringify(event)));
    if (round === 0) continue;
    floors.push(floor);
    for (const [name, timing] of timings) {
      const known = byName.get(name) ?? { us: [], steps: timing.length };
      if (timing.length > 1) known.us.push(meanUs(timing, clock));
      byName.set(name, known);
    }
  }
  const floor = median(floors);
  const figures = [...byName].filter(([, { us }]) => us.length > 0);
  for (const [name, { us, steps }] of figures.sort(([, a], [, b]) => median(b.us) - median(a.us)))
    yield await Promise.resolve({
      name: `features.${name}`,
      value: rounded(median(us)),
      unit: 'us/event',
      floor: rounded(floor),
      ratio: rounded(median(us) / floor),
      ...(median(us) > 0 ? { spread: spreadOf(us) } : {}),
      note: `${steps} events that it wants, ${world.domains} domains, ${world.days} days; floor: JSON.parse of one event`,
    });
}
