/** Small features of one domain that read the change facts: sweep, TTL, revert, DS rollover, share of the zone (C01, C05, C07, C09, R06). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import { changeFacts, controlStatePrefix } from '../contract/ledger.ts';
import type { ChangeFact } from '../contract/ledger.ts';
import type { Annotator, StateView } from '../contract/step.ts';
import { staysWithProvider } from '../leaf/approved-alias.ts';
import { recordPrefix, recordTypeOf, sameValue } from '../leaf/control-value.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import {
  changeOf,
  classOf,
  deviationWeight,
  domainFacts,
  hasVanished,
  recordNameOf,
} from './change-weight.ts';
import { featureConstants } from './constants.ts';

const hourMs = 3_600_000;
const wanted = ['registrar.domain.', 'dns.', 'dnsquery.answer.changed'];

const sweepKinds: Readonly<Record<string, string>> = {
  apex: 'address',
  critical: 'address',
  address: 'address',
  mx: 'mx',
  mail_text: 'mail_txt',
  ns: 'ns',
  caa: 'caa',
  ds: 'ds',
};

/** Annotator that adds `feature.sweep`: how many kinds of control changed unapproved within half an hour. */
export const sweep: Annotator = {
  name: 'sweep',
  scope: 'domain',
  wants: wanted,
  step(state, message, context) {
    if (message.kind !== 'event' || changeOf(message.event) === undefined) return {};
    const { event, timeMs } = message;
    const hosts = domainFacts(event, context).critical_hosts ?? [];
    const kinds = new Set<string>();
    let changes = 0;
    // Of changes that were told late those count that happened together.
    const own = changeFacts(state).find(({ id }) => id === event.change_fact_id);
    const untilMs = context.late ? Math.min(timeMs, own?.atMs ?? timeMs) : timeMs;
    for (const fact of changeFacts(state)) {
      if (fact.approval === 'approved' || fact.atMs > untilMs || hasVanished(fact)) continue;
      if (fact.atMs <= untilMs - featureConstants.sweep.windowMs) continue;
      const what = classOf(fact.control, event.domain ?? '', fact.old, fact.value, hosts);
      const kind = sweepKinds[what];
      if (kind === undefined) continue;
      kinds.add(kind);
      changes += 1;
    }
    const feature: FeatureOf<'sweep'> = {
      controls: kinds.size,
      kinds: [...kinds].sort(),
      alert: kinds.size >= featureConstants.sweep.controlsMin,
      known: true,
      n: changes,
      as_of: event.timestamp,
    };
    return { features: { sweep: feature } };
  },
};

interface LoweredTtls {
  /** Control of the record set and when its TTL was lowered. */
  at: Record<string, number>;
}

/** Annotator that adds `feature.ttl`: TTL lowered first, value changed later. */
export const ttlFirst: Annotator = {
  name: 'ttl',
  scope: 'domain',
  wants: ['dns.record.', 'dnsquery.answer.changed'],
  step(state, message) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const control = changeOf(event)?.control;
    if (control === undefined) return {};
    const record = control.startsWith('ttl:') ? recordPrefix + control.slice(4) : control;
    const lowered = isLowered(event);
    const known = state.get<LoweredTtls>('ttl')?.at;
    const before = known !== undefined && Object.hasOwn(known, record) ? known[record] : undefined;
    const valueChanged = !control.startsWith('ttl:');
    if (lowered && !valueChanged) remember(state, record, timeMs);
    const low = event.ttl_new !== undefined && event.ttl_new <= featureConstants.ttl.answerLowSeconds;
    const deviation = event.feature?.['deviation'] as FeatureOf<'deviation'> | undefined;
    const feature: FeatureOf<'ttl'> = {
      lowered,
      lowered_before_change:
        valueChanged &&
        before !== undefined &&
        before <= timeMs &&
        before > timeMs - featureConstants.ttl.windowMs,
      low_unapproved: low && deviation?.outside_approved === true,
    };
    return { features: { ttl: feature } };
  },
};

function isLowered(event: CanonicalEvent): boolean {
  const { ttl_old: old, ttl_new: now } = event;
  if (old === undefined || now === undefined) return false;
  return now <= featureConstants.ttl.lowSeconds && now <= old * featureConstants.ttl.ratio;
}

function remember(state: StateView, record: string, atMs: number): void {
  const store = state.edit<LoweredTtls>('ttl', () => ({ at: {} }));
  store.at[record] = atMs;
  for (const [name, at] of Object.entries(store.at))
    if (at <= atMs - featureConstants.ttl.windowMs) delete store.at[name];
  const names = Object.keys(store.at);
  if (names.length > featureConstants.ttl.entriesMax) delete store.at[names[0] ?? ''];
}

/** Annotator that adds `feature.revert`: a value came back to what it was before an excursion of at most a day. */
export const revert: Annotator = {
  name: 'revert',
  scope: 'domain',
  wants: wanted,
  step(state, message, context, key) {
    if (message.kind !== 'event' || changeOf(message.event) === undefined) return {};
    const domain = context.inventory.domain(key.tenant, key.id);
    const facts = changeFacts(state);
    const now = facts.find(({ id }) => id === message.event.change_fact_id);
    if (now === undefined) return {};
    const excursion = excursionBefore(facts, now);
    const first = excursion[0];
    if (first === undefined) return { features: { revert: { returned: false } } };
    const away = excursion.flatMap(({ value }) => (Array.isArray(value) ? value : [String(value)]));
    const feature: FeatureOf<'revert'> = {
      returned: true,
      within_h: rounded(Math.max(0, now.atMs - first.atMs) / hourMs, 4),
      away_value: [...new Set(away)].sort().slice(0, 64),
      excursion_approved: excursion.every(({ approval }) => approval === 'approved'),
      deployment: excursion.every(({ deployment }) => deployment === true),
      vanished: excursion.every(hasVanished),
      ...weightOf(excursion, key.id, domain?.critical_hosts ?? []),
      inside_provider: excursion.every((fact) => staysWithProvider(fact, state, domain)),
    };
    return { features: { revert: feature } };
  },
};

/** How much was away; and whether a record set had been empty before, so that no approved value can have left it. */
function weightOf(
  excursion: readonly ChangeFact[],
  domain: string,
  criticalHosts: readonly string[],
): Pick<FeatureOf<'revert'>, 'weight' | 'from_nothing'> {
  const [first] = excursion;
  if (first === undefined) return {};
  const weights = excursion.map(({ control, old, value }) =>
    deviationWeight(classOf(control, domain, old, value, criticalHosts), control, false),
  );
  const before = first.old;
  return {
    weight: Math.max(...weights),
    from_nothing:
      recordTypeOf(first.control) !== undefined &&
      (before === null || (Array.isArray(before) && before.length === 0)),
  };
}

/** Facts of the same control between the value's first stand and its return, oldest first; empty when it did not return in time. */
function excursionBefore(facts: readonly ChangeFact[], now: ChangeFact): ChangeFact[] {
  const chain = facts.filter(
    (fact) =>
      fact.control === now.control &&
      fact.doubtful !== true &&
      fact.id !== now.id &&
      fact.epoch < now.epoch &&
      fact.atMs > now.atMs - featureConstants.revert.windowMs,
  );
  for (let start = chain.length - 1; start >= 0; start -= 1) {
    const first = chain[start];
    if (first?.old !== undefined && sameValue(now.control, first.old, now.value)) return chain.slice(start);
  }
  return [];
}

/** Annotator that adds `feature.rollover` to DS changes (RFC 6781: old and new stand together). */
export const rollover: Annotator = {
  name: 'rollover',
  scope: 'domain',
  wants: ['registrar.domain.ds_removed', 'registrar.domain.ds_changed', 'registrar.domain.ds_added'],
  step(_state, message) {
    if (message.kind !== 'event') return {};
    const { event } = message;
    const old = Array.isArray(event.old_value) ? event.old_value : undefined;
    const now = Array.isArray(event.new_value) ? event.new_value : undefined;
    const intent = event.feature?.['intent'] as FeatureOf<'intent'> | undefined;
    const feature: FeatureOf<'rollover'> = {
      planned: event.approval_state === 'approved' && intent?.matched !== undefined,
      overlap: old !== undefined && now !== undefined && old.some((ds) => now.includes(ds)),
      known: old !== undefined && now !== undefined,
    };
    return { features: { rollover: feature } };
  },
};

interface RecentEdits {
  list: [atMs: number, control: string, deployment: string][];
  evicted: number;
}

/** Annotator that adds `feature.zone_share`: which part of the known zone changed within five minutes. */
export const zoneShare: Annotator = {
  name: 'zone-share',
  scope: 'domain',
  wants: ['dns.record.', 'dnsquery.answer.changed'],
  bounded: ['zone-share'],
  step(state, message) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const control = changeOf(event)?.control;
    if (control === undefined || recordNameOf(control) === undefined) return {};
    const constants = featureConstants.zoneShare;
    const recent = state.edit<RecentEdits>('zone-share', () => ({ list: [], evicted: 0 }));
    recent.list = recent.list.filter(([at, name]) => at > timeMs - constants.windowMs && name !== control);
    recent.list.push([timeMs, control, event.deployment_correlation_id ?? '']);
    if (recent.list.length > constants.editedMax) {
      recent.list.shift();
      recent.evicted += 1;
    }
    const sets = state.names(controlStatePrefix + recordPrefix).length;
    const edited = recent.list.length;
    const deployment = recent.list[0]?.[2] ?? '';
    const share = sets === 0 ? 0 : Math.min(1, edited / sets);
    const feature: FeatureOf<'zone_share'> = {
      share: rounded(share, 6),
      sets,
      edited,
      alert: share >= constants.shareMin && edited >= constants.editedMin,
      deployment: deployment !== '' && recent.list.every(([, , id]) => id === deployment),
      known: sets > 0,
      n: sets,
      as_of: event.timestamp,
    };
    return { features: { zone_share: feature } };
  },
};
