/** Plays a benign year through the real pipeline and counts what would have woken somebody up. */
import { createInventoryIndex } from '../../collector/src/3-enrich/inventory-index.ts';
import { replayParts } from '../../collector/src/app/replay-parts.ts';
import { detectorFrom, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import type { Case } from '../../collector/src/contract/case.ts';
import type { Finding } from '../../collector/src/contract/finding.ts';
import { noteSourceEvents } from '../../collector/src/host/source-events.ts';
import {
  eventMessages,
  intentMessage,
  VirtualRun,
  type Arrival,
} from '../../collector/src/host/virtual-run.ts';
import { benignSources, BenignStage, type Delivery } from './benign-stage.ts';
import { benignWorld, inventoryOf, tenant } from './benign-world.ts';
import { casualMove, certificates, codeViewed, firstLook, renew, rollover } from './domain-habits.ts';
import { backgroundNoise, edgeReleases, migrations, queryVolume } from './organisation-habits.ts';
import { contactReviews, onboarding, tokenRotation, trips, workDays } from './people-habits.ts';
import { lockMaintenance, outages, providerGrows, redaction } from './provider-habits.ts';
import { seededRandom } from './seeded-random.ts';
import { deployments, geoAnswers, zoneWork } from './zone-habits.ts';

const day = 86_400_000;
/** Monday, 5 January 2026. */
const startMs = 1_767_571_200_000;
/** Half of the first month is history: probes look for the first time, logins make networks usual. */
const warmupDays = 15;

/** What to play. */
export interface NoiseOptions {
  readonly domains: number;
  readonly days: number;
  readonly seed: number;
  /** Called after each virtual day. */
  readonly progress?: (day: number) => void;
  /** Given everything that was found, for looking into it. */
  readonly found?: (findings: readonly Finding[], cases: readonly Case[]) => void;
}

/** Findings of one detection in a benign run: every one is false, by construction. */
export interface DetectionCount {
  readonly detection: string;
  readonly findings: number;
  readonly bySeverity: Readonly<Record<string, number>>;
  readonly pages: number;
}

/** What a benign run said. Warm-up days are not counted in `days`. */
export interface NoiseReport {
  readonly domains: number;
  readonly days: number;
  readonly seed: number;
  readonly events: number;
  readonly intents: number;
  readonly pages: number;
  readonly pagesPerDay: number;
  readonly criticalPages: number;
  readonly cases: Readonly<Record<string, number>>;
  readonly detections: readonly DetectionCount[];
  readonly pagedCases: readonly {
    readonly opened: string;
    readonly title: string;
    readonly severity: string;
    readonly by: string;
    readonly detections: readonly string[];
  }[];
  readonly seconds: number;
}

/** The organisation and everything that will happen to it, not yet played. */
export function stageOf(options: Pick<NoiseOptions, 'domains' | 'days' | 'seed'>): BenignStage {
  const random = seededRandom(options.seed);
  const endMs = startMs + (warmupDays + options.days) * day;
  const world = benignWorld(options.domains, startMs, random.fork('world'));
  const stage = new BenignStage(world, random, startMs, endMs);
  const ofDomain = [renew, certificates, deployments, zoneWork, geoAnswers, rollover, casualMove, codeViewed];
  for (const domain of world.domains) {
    stage.at(startMs + 60_000, () => firstLook(stage, domain));
    for (const habit of ofDomain) habit(stage, domain);
  }
  for (const admin of world.admins) {
    workDays(stage, admin);
    trips(stage, admin);
  }
  for (const habit of [
    outages,
    lockMaintenance,
    providerGrows,
    migrations,
    contactReviews,
    redaction,
    onboarding,
    tokenRotation,
    edgeReleases,
    backgroundNoise,
    queryVolume,
  ])
    habit(stage);
  return stage;
}

/** Runs the year day by day; memory holds one day of events and what was found. */
export async function runNoise(options: NoiseOptions): Promise<NoiseReport> {
  const startedMs = performance.now();
  const stage = stageOf(options);
  const { detector } = await detectorFrom([shippedRulesPath()]);
  const parts = replayParts(inventoryOf(stage.world), detector);
  for (const [kind, intervalMs] of benignSources)
    parts.tables.sources.note(tenant, kind, kind, 0, true, intervalMs);
  const warmupUntilMs = startMs + warmupDays * day;
  const run = new VirtualRun({
    operators: parts.operators,
    tables: parts.tables,
    preliminary: false,
    warmupUntilMs,
  });
  let waiting: Delivery[] = [];
  let events = 0;
  let toldIntents = 0;
  const syncEvery = options.domains > 2000 ? 7 : 1;
  for (let today = startMs; today < stage.endMs; today += day) {
    stage.playDay(Math.floor(today / day));
    waiting = waiting.concat(stage.deliveries);
    stage.deliveries = [];
    const due = waiting.filter(({ ingestMs }) => ingestMs < today + day);
    waiting = waiting.filter(({ ingestMs }) => ingestMs >= today + day);
    noteSourceEvents(
      parts.tables.sources,
      due.map(({ event }) => event).filter(({ source_kind: kind }) => kind === 'pipeline'),
    );
    const arrivals: Arrival[] = due.flatMap(({ event, ingestMs }) =>
      eventMessages(event, ingestMs, ingestMs < warmupUntilMs, parts.enrich).map((message) => ({
        ingestMs,
        message,
      })),
    );
    for (const intent of stage.intents.slice(toldIntents)) {
      const message = intentMessage(intent, warmupUntilMs);
      arrivals.push({ ingestMs: message.ingestMs, message });
    }
    toldIntents = stage.intents.length;
    events += due.length;
    run.feed(arrivals);
    run.spoken.length = 0;
    if (
      Math.floor((today - startMs) / day) % syncEvery === 0 &&
      stage.world.domains.some(({ dirty }) => dirty)
    ) {
      for (const domain of stage.world.domains) domain.dirty = false;
      parts.tables.inventory.add(today + day, createInventoryIndex(inventoryOf(stage.world)));
      parts.tables.inventory.forget(today - 2 * day);
    }
    options.progress?.((today - startMs) / day);
  }
  run.finish(stage.endMs + 2 * 3_600_000);
  options.found?.([...run.findings.values()], [...run.cases.values()]);
  return reportOf(options, [...run.findings.values()], [...run.cases.values()], {
    events,
    intents: stage.intents.length,
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
  });
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

function reportOf(
  options: NoiseOptions,
  findings: readonly Finding[],
  cases: readonly Case[],
  figures: Pick<NoiseReport, 'events' | 'intents' | 'seconds'>,
): NoiseReport {
  // A case that took over another's page carries it too: each page counts once.
  const paged = cases.filter(
    (found, index) =>
      found.paged_at !== null &&
      cases.findIndex(({ paged_at: at, paged_by: by }) => at === found.paged_at && by === found.paged_by) ===
        index,
  );
  const pagedBy = new Map(paged.map((found) => [found.paged_by, found]));
  const open = findings.filter(({ state }) => state === 'open' || state === 'merged');
  const names = [...new Set(open.map(({ detection }) => detection))].sort();
  return {
    domains: options.domains,
    days: options.days,
    seed: options.seed,
    ...figures,
    pages: paged.length,
    pagesPerDay: Math.round((paged.length / options.days) * 10_000) / 10_000,
    criticalPages: paged.filter(({ severity }) => severity === 'critical').length,
    cases: countBy(cases, ({ severity }) => severity),
    detections: names.map((detection) => {
      const own = open.filter((finding) => finding.detection === detection);
      return {
        detection,
        findings: own.length,
        bySeverity: countBy(own, ({ severity }) => severity),
        pages: own.filter(({ finding_id: id }) => pagedBy.has(id)).length,
      };
    }),
    pagedCases: paged.map((found) => ({
      opened: found.opened_at,
      title: found.title,
      severity: found.severity,
      by: findings.find(({ finding_id: id }) => id === found.paged_by)?.detection ?? '?',
      detections: found.detections,
    })),
  };
}
