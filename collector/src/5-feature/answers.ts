/** Answers against configuration (Q03), lame delegation (C08), validation failures (Q04). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import { ledgerControl, viewSource } from '../contract/ledger.ts';
import type { Annotator, StateView } from '../contract/step.ts';
import { sameValue } from '../leaf/control-value.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import { vantagesOf } from '../leaf/vantage.ts';
import { featureConstants } from './constants.ts';

const providerKinds = new Set(['dns_provider_api_state', 'dns_provider_audit', 'cloud_audit']);
const hourMs = 3_600_000;

/** Annotator that adds `feature.answer` to observed and changed answers. */
export const answerCheck: Annotator = {
  name: 'answer',
  scope: 'domain',
  wants: ['dnsquery.answer.'],
  step(state, message) {
    if (message.kind !== 'event') return {};
    const { event } = message;
    const change = event.feature?.['change'] as FeatureOf<'change'> | undefined;
    if (change?.control === undefined) return {};
    const deviation = event.feature?.['deviation'] as FeatureOf<'deviation'> | undefined;
    const vantages = vantagesOf(event.query?.vantage);
    const said = ledgerControl(state, change.control)?.said;
    const provider = said !== undefined && providerKinds.has(viewSource(said)) ? said[0] : undefined;
    const differs =
      provider === undefined ? undefined : !sameValue(change.control, provider, event.new_value ?? null);
    const repeated =
      change.repeated === true || (change.changed === false && event.change_fact_id !== undefined);
    const feature: FeatureOf<'answer'> = {
      ...(vantages === undefined ? {} : { vantages: vantages[0], vantages_asked: vantages[1] }),
      ...(deviation?.outside_approved === undefined ? {} : { outside_approved: deviation.outside_approved }),
      empty: Array.isArray(event.new_value) && event.new_value.length === 0,
      confirmed: (vantages?.[0] ?? 1) >= 2 || repeated,
      ...(differs === undefined
        ? {}
        : {
            differs_from_provider: differs,
            provider_unchanged: differs && isOld(change.control, provider, event),
          }),
      known: vantages === undefined || vantages[1] >= 2 || repeated,
      n: vantages?.[1] ?? 1,
      as_of: event.timestamp,
    };
    return { features: { answer: feature } };
  },
};

function isOld(control: string, provider: unknown, event: CanonicalEvent): boolean {
  return event.old_known !== true || sameValue(control, provider, event.old_value ?? null);
}

interface Lame {
  sinceMs: number;
}

/** Names whose target is gone, with the time since when. */
interface Dangling {
  names: Record<string, number>;
  /** Absent in checkpoints of older versions. */
  evicted?: number;
}

const danglingMax = 64;

function danglingSince(state: StateView, name: string): number | undefined {
  const names = state.get<Dangling>('dangling')?.names;
  return names !== undefined && Object.hasOwn(names, name) ? names[name] : undefined;
}

function rememberDangling(state: StateView, name: string, atMs: number): void {
  if (name === '' || name === '__proto__' || danglingSince(state, name) !== undefined) return;
  const dangling = state.edit<Dangling>('dangling', () => ({ names: {}, evicted: 0 }));
  const { names } = dangling;
  names[name] = atMs;
  const known = Object.keys(names);
  if (known.length <= danglingMax) return;
  delete names[known.reduce((a, b) => ((names[b] ?? 0) < (names[a] ?? 0) ? b : a))];
  dangling.evicted = (dangling.evicted ?? 0) + 1;
}

/** Annotator that adds `feature.lame` to lame delegations and to zones that somebody else claimed. */
export const lame: Annotator = {
  name: 'lame',
  scope: 'domain',
  wants: ['dns.zone.lame_delegation_detected', 'dns.zone.claimed_elsewhere', 'dnsquery.answer.changed'],
  bounded: ['dangling'],
  step(state, message) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    if (event.event_type === 'dns.zone.lame_delegation_detected' && state.get<Lame>('lame') === undefined)
      state.put('lame', { sinceMs: timeMs } satisfies Lame);
    const dangling = event.source?.['dangling'] === true;
    if (dangling) rememberDangling(state, event.record_name ?? '', timeMs);
    const gone = danglingSince(state, event.record_name ?? '');
    const since = state.get<Lame>('lame')?.sinceMs ?? gone;
    if (event.event_type === 'dnsquery.answer.changed' && since === undefined) return {};
    const served = !Array.isArray(event.new_value) || event.new_value.length > 0;
    const deviation = event.feature?.['deviation'] as FeatureOf<'deviation'> | undefined;
    const feature: FeatureOf<'lame'> = {
      refused: event.event_type === 'dns.zone.lame_delegation_detected',
      ...(since === undefined ? {} : { since_h: rounded((timeMs - since) / hourMs, 2) }),
      claimed:
        event.event_type === 'dns.zone.claimed_elsewhere' ||
        (since !== undefined && served && deviation?.outside_approved === true),
      dangling,
      known: true,
    };
    if (event.event_type === 'dnsquery.answer.changed' && deviation?.outside_approved === false) {
      state.delete('lame');
      if (gone !== undefined)
        delete state.edit<Dangling>('dangling', () => ({ names: {} })).names[event.record_name ?? ''];
    }
    return { features: { lame: feature } };
  },
};

interface Failures {
  at: [instance: string, count: number, lastMs: number][];
}

const failureGapMs = 30 * 60_000;
const instancesMax = 16;

/** Annotator that adds `feature.validation` to DNSSEC validation failures. */
export const validation: Annotator = {
  name: 'validation',
  scope: 'domain',
  wants: ['dnsquery.validation.failed'],
  step(state, message) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const constants = featureConstants.validation;
    const answers = event.query?.count;
    const bogus = event.query?.by_rcode?.['BOGUS'] ?? event.query?.by_rcode?.['SERVFAIL'];
    const share = answers !== undefined && answers > 0 && bogus !== undefined ? bogus / answers : undefined;
    // Shares come from resolvers of others' queries, of which some always fail; a failure without one is a validator's own.
    const failures =
      share === undefined ? noteFailure(state, event.source_instance ?? event.source_system, timeMs) : 0;
    const wide = share !== undefined && share >= constants.shareMin && (answers ?? 0) >= constants.answersMin;
    const feature: FeatureOf<'validation'> = {
      ...(share === undefined ? {} : { bogus_share: rounded(share, 6) }),
      ...(answers === undefined ? {} : { answers: Math.round(answers) }),
      own_failures: failures,
      surge: wide || failures >= constants.ownFailures,
      known: share === undefined || (answers ?? 0) >= constants.answersMin,
      n: Math.round(answers ?? failures),
      as_of: event.timestamp,
    };
    return { features: { validation: feature } };
  },
};

function noteFailure(state: StateView, instance: string, atMs: number): number {
  const store = state.edit<Failures>('validation', () => ({ at: [] }));
  store.at = store.at.filter(([, , last]) => last > atMs - failureGapMs);
  const entry = store.at.find(([name]) => name === instance);
  if (entry === undefined) {
    store.at.push([instance, 1, atMs]);
    if (store.at.length > instancesMax) store.at.shift();
    return 1;
  }
  entry[1] += 1;
  entry[2] = atMs;
  return entry[1];
}
