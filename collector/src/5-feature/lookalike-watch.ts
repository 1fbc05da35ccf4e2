/** Where names that imitate ours turn up: registrations, certificates, and the name servers of our own delegations (T04, 3.8). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import type { Annotator, StateView, StepContext } from '../contract/step.ts';
import { registrableDomain } from '../leaf/domain-name.ts';
import { changeOf } from './change-weight.ts';
import { lookalikeIndex, lookalikeScore } from './lookalike.ts';
import type { LookalikeCircumstances, LookalikeIndex } from './lookalike.ts';

const hitScoreMin = 70;
const hitsMax = 1024;
const namesMax = 32;

/** Names that scored as lookalikes before, with the time of the last sight. */
interface Hits {
  seen: Record<string, number>;
  evicted: number;
}

/** The part of an event that names domains of strangers. */
export type NamedEvent = Pick<CanonicalEvent, 'event_type' | 'domain' | 'cert'>;

/** One index per list of domains; the inventory keeps a list until it changes. */
const indexes = new WeakMap<readonly InventoryDomain[], LookalikeIndex>();

function indexOf(domains: readonly InventoryDomain[]): LookalikeIndex {
  let index = indexes.get(domains);
  if (index === undefined) {
    index = lookalikeIndex(domains.map(({ domain }) => domain));
    indexes.set(domains, index);
  }
  return index;
}

/** Annotator that adds `feature.lookalike` to events that name a domain which looks like one of the tenant's. */
export const lookalikeWatch: Annotator = {
  name: 'lookalike',
  scope: 'organisation',
  wants: ['intel.', 'cert.issued', 'cert.precert_logged', 'registrar.domain.nameservers_changed'],
  bounded: ['lookalike'],
  step(state, message, context) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const names = candidates(event);
    if (names.length === 0) return {};
    const index = indexOf(context.inventory.domains(event.tenant));
    const used = event.event_type === 'registrar.domain.nameservers_changed';
    let best: FeatureOf<'lookalike'> | undefined;
    for (const name of names) {
      const judged = judge(name, index, event, state, context);
      if (judged !== undefined && (judged.score ?? 0) > (best?.score ?? 0)) best = judged;
      if ((judged?.score ?? 0) >= hitScoreMin) remember(state, name, timeMs);
    }
    return best === undefined ? {} : { features: { lookalike: { ...best, used_against_us: used } } };
  },
};

/**
 * Monitored domains that the names of an event imitate well enough for a finding, sorted. For feeds that see everybody's names:
 * what gives an empty list here can leave the stream early.
 */
export function imitatedDomains(event: NamedEvent, index: LookalikeIndex): string[] {
  const found = new Set<string>();
  // Certificates come as one event per registrable domain; their other names have events of their own.
  for (const name of registrable(event.domain === undefined ? (event.cert?.names ?? []) : [event.domain])) {
    const match = index.match(name);
    if (match !== undefined && lookalikeScore(match, circumstancesOf(event)) >= hitScoreMin)
      found.add(match.target);
  }
  return [...found].sort();
}

function circumstancesOf(event: NamedEvent): LookalikeCircumstances {
  return {
    ...(event.event_type === 'intel.domain.newly_registered' ? { ageDays: 0 } : {}),
    ...(event.cert === undefined ? {} : { hasCertificate: true }),
  };
}

function candidates(event: CanonicalEvent): string[] {
  const names =
    event.event_type === 'registrar.domain.nameservers_changed'
      ? changeOf(event) !== undefined && Array.isArray(event.new_value)
        ? event.new_value
        : []
      : [...(event.domain === undefined ? [] : [event.domain]), ...(event.cert?.names ?? [])];
  return registrable(names);
}

function registrable(names: readonly string[]): string[] {
  if (names.length === 1) {
    const domain = registrableDomain(names[0] as string);
    return domain === undefined ? [] : [domain];
  }
  const domains = names
    .slice(0, namesMax)
    .map((name) => registrableDomain(name))
    .filter((name) => name !== undefined);
  return [...new Set(domains)].sort();
}

function judge(
  name: string,
  index: LookalikeIndex,
  event: CanonicalEvent,
  state: StateView,
  context: StepContext,
): FeatureOf<'lookalike'> | undefined {
  if (context.inventory.domain(event.tenant, name) !== undefined) return undefined;
  const match = index.match(name);
  if (match === undefined) return undefined;
  const known = state.get<Hits>('lookalike')?.seen;
  const again = known !== undefined && Object.hasOwn(known, name);
  const score = lookalikeScore(match, circumstancesOf(event));
  return {
    score,
    target: match.target,
    reasons: [match.kind, ...(again ? ['seen_before'] : [])].sort(),
    known: true,
  };
}

function remember(state: StateView, name: string, atMs: number): void {
  const hits = state.edit<Hits>('lookalike', () => ({ seen: {}, evicted: 0 }));
  hits.seen[name] = atMs;
  const names = Object.keys(hits.seen);
  if (names.length <= hitsMax) return;
  delete hits.seen[names.reduce((a, b) => ((hits.seen[b] ?? 0) < (hits.seen[a] ?? 0) ? b : a))];
  hits.evicted += 1;
}
