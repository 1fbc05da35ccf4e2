/** Deviation of a change from the approved record set (3.6). */
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import { changeFacts } from '../contract/ledger.ts';
import type { ChangeFact } from '../contract/ledger.ts';
import type { Annotator, StateView } from '../contract/step.ts';
import {
  approvedValue,
  isApprovedState,
  isInsideProvider,
  staysInsideProvider,
} from '../leaf/approved-state.ts';
import { followedAlias, isBehindApprovedAlias } from '../leaf/approved-alias.ts';
import { recordTypeOf, sameValue } from '../leaf/control-value.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import {
  changeOf,
  classOf,
  deviationWeight,
  firstReport,
  isCriticalHost,
  isUnapproved,
  recordNameOf,
} from './change-weight.ts';
import type { ChangeClass } from './change-weight.ts';
import { hostileSpans, isHostile, type HostileSpan } from './confirmed-cases.ts';
import { featureConstants } from './constants.ts';

const stateName = 'deviation';
const outsideKinds = new Set(['answer_probe', 'delegation_probe', 'rdap_poll', 'resolver_log', 'zone_feed']);

/** Latest transactions with what is left of 1 after each changed set. */
interface Transactions {
  list: [transaction: string, left: number, controls: string[]][];
}

/** Annotator that adds `feature.deviation` to changes and to observed answers. */
export const deviation: Annotator = {
  name: 'deviation',
  scope: 'domain',
  wants: ['registrar.domain.', 'dns.', 'dnsquery.answer.'],
  bounded: ['usual'],
  step(state, message, context) {
    if (message.kind !== 'event' || message.event.domain === undefined) return {};
    const { event, timeMs } = message;
    const control = changeOf(event)?.control ?? observedControl(event);
    if (control === undefined || event.new_value === undefined) return {};
    const domain = context.inventory.domain(event.tenant, message.event.domain);
    const usual = usualValue(state, control, timeMs);
    const behindAlias = isBehindAlias(state, event, control, domain);
    const own = ownDeviation(event, control, domain, usual, behindAlias);
    if (own === undefined) return {};
    const isChange = event.change_fact_id !== undefined;
    const fact = isChange ? firstReport(state, event) : undefined;
    const first = fact !== undefined;
    if (fact !== undefined && own.learnable) learnUsual(state, fact, timeMs);
    const dev = isChange ? accumulate(state, event, control, own, first) : own.w * own.m;
    // An approval that names this very set with another value is a baseline, too: what it should be is known.
    const isNamed = (event.feature?.['intent'] as FeatureOf<'intent'> | undefined)?.mismatch === true;
    const feature: FeatureOf<'deviation'> = {
      dev: rounded(dev, 6),
      w: own.w,
      m: own.m,
      apex: own.apex,
      critical_host: own.critical,
      outside_approved: own.outside,
      inside_provider:
        own.outside &&
        (behindAlias || staysInsideProvider(control, event.old_value, event.new_value, domain)),
      baseline: isNamed ? 'approved' : own.baseline,
      cap_medium:
        !isNamed && own.baseline !== 'approved' && !own.isDelegation && !['ds', 'mx'].includes(own.what),
      known: isNamed || own.baseline !== 'none',
      n: isNamed ? 1 : baselineSize(state, control, own.baseline),
      as_of: event.timestamp,
    };
    return { features: { deviation: feature } };
  },
};

/** The addresses of this very event, not of an earlier witness of the change, are behind an approved alias. */
function isBehindAlias(
  state: StateView,
  event: CanonicalEvent,
  control: string,
  domain: InventoryDomain | undefined,
): boolean {
  const alias = followedAlias(control, event);
  if (alias === undefined) return false;
  const fact = changeFacts(state).findLast(({ id }) => id === event.change_fact_id);
  const { old_value: old, new_value: value } = event;
  const aliasIntent = fact?.alias === alias ? fact.aliasIntent : undefined;
  return isBehindApprovedAlias({ control, alias, old, value, aliasIntent }, state, domain);
}

/** A value that stood for two weeks, when it was left, and since when it had stood. */
type Stood = [value: EventValue, leftMs: number, stoodSinceMs: number];

/** Values that stood for two weeks before they were changed. */
interface Usual {
  /** Per control the newest last, at most three: one of a confirmed case must not cover the one before. Checkpoints of older versions hold one. */
  of: Record<string, Stood[] | Stood>;
  evicted: number;
  /** Older checkpoints only: spans of confirmed cases. */
  hostile?: HostileSpan[];
}

const stoodMax = 3;

function stoodOf(usual: Usual | undefined, control: string): readonly Stood[] {
  if (usual === undefined || !Object.hasOwn(usual.of, control)) return [];
  const stood = usual.of[control] ?? [];
  return isOneStood(stood) ? [stood] : stood;
}

function isOneStood(stood: Stood[] | Stood): stood is Stood {
  return typeof stood[1] === 'number';
}

/** The newest value that became usual by standing, not in a confirmed case (3.6), and is not forgotten yet. */
function usualValue(state: StateView, control: string, nowMs: number): EventValue | undefined {
  const usual = state.get<Usual>('usual');
  const stood = stoodOf(usual, control);
  if (stood.length === 0) return undefined;
  const hostile = [...hostileSpans(state), ...(usual?.hostile ?? [])];
  const { usualKeepMs } = featureConstants.deviation;
  return stood.findLast(
    ([, leftMs, sinceMs]) => leftMs > nowMs - usualKeepMs && !isHostile(hostile, sinceMs, sinceMs),
  )?.[0];
}

/** Values the change was compared with: the approved or the last one, or those that became usual. */
function baselineSize(state: StateView, control: string, baseline: OwnDeviation['baseline']): number {
  if (baseline === 'learned') return stoodOf(state.get<Usual>('usual'), control).length;
  return baseline === 'none' ? 0 : 1;
}

function learnUsual(state: StateView, fact: ChangeFact, nowMs: number): void {
  const { usualAfterMs, usualKeepMs, usualMax } = featureConstants.deviation;
  const { oldSinceMs, old, control } = fact;
  if (old === undefined || oldSinceMs === undefined || fact.atMs - oldSinceMs < usualAfterMs) return;
  const usual = state.edit<Usual>('usual', () => ({ of: {}, evicted: 0 }));
  const leftMs = (name: string): number => stoodOf(usual, name).at(-1)?.[1] ?? 0;
  for (const name of Object.keys(usual.of)) if (leftMs(name) <= nowMs - usualKeepMs) delete usual.of[name];
  const stood: Stood[] = [...stoodOf(usual, control), [old, fact.atMs, oldSinceMs]];
  usual.of[control] = stood.slice(-stoodMax);
  const names = Object.keys(usual.of);
  if (names.length <= usualMax) return;
  delete usual.of[names.reduce((a, b) => (leftMs(b) < leftMs(a) ? b : a))];
  usual.evicted += 1;
}

interface OwnDeviation {
  readonly what: ChangeClass;
  readonly w: number;
  readonly m: number;
  readonly apex: boolean;
  readonly critical: boolean;
  readonly outside: boolean;
  /** Name servers, of the zone or of a name in it: nobody delegates without meaning to, so no history is needed. */
  readonly isDelegation: boolean;
  /** Values of this kind may become usual by standing long enough. */
  readonly learnable: boolean;
  readonly baseline: 'approved' | 'learned' | 'previous' | 'none';
}

function observedControl(event: CanonicalEvent): string | undefined {
  const change = event.feature?.['change'] as FeatureOf<'change'> | undefined;
  return change?.control;
}

function ownDeviation(
  event: CanonicalEvent,
  control: string,
  domain: InventoryDomain | undefined,
  usual: EventValue | undefined,
  behindAlias: boolean,
): OwnDeviation | undefined {
  const zone = event.domain ?? '';
  const hosts = domain?.critical_hosts ?? [];
  const what = classOf(control, zone, event.old_value, event.new_value, hosts);
  const w = deviationWeight(what, control, event.event_type === 'registrar.domain.ds_added');
  if (w === 0) return undefined;
  const name = recordNameOf(control);
  const approved = approvedValue(control, domain);
  const inSet = isApprovedState(control, event.new_value, domain, outsideKinds.has(event.source_kind));
  const learnable = approved === undefined && what !== 'ns' && what !== 'ds' && what !== 'mx';
  const isUsual = learnable && usual !== undefined && sameValue(control, usual, event.new_value);
  const before = event.old_known === true ? 'previous' : 'none';
  const baseline =
    approved !== undefined ? 'approved' : learnable && usual !== undefined ? 'learned' : before;
  const unchanged = approved === undefined && event.change_fact_id === undefined;
  const meant = !isUnapproved(event) || inSet || isUsual || unchanged;
  return {
    what,
    w,
    m: meant ? 0 : share(event, what, control, domain, behindAlias),
    apex: name === zone,
    critical: name !== undefined && isCriticalHost(name, zone, hosts),
    outside: !meant,
    isDelegation: what === 'ns' || recordTypeOf(control) === 'NS',
    learnable,
    baseline,
  };
}

function share(
  event: CanonicalEvent,
  what: ChangeClass,
  control: string,
  domain: InventoryDomain | undefined,
  behindAlias: boolean,
): number {
  const { providerShare, deploymentShare } = featureConstants.deviation;
  if (behindAlias || isInsideProvider(control, event.new_value, domain)) return providerShare;
  const deployable = what !== 'ns' && what !== 'ds' && what !== 'mx';
  return deployable && event.deployment_correlation_id !== undefined ? deploymentShare : 1;
}

function accumulate(
  state: StateView,
  event: CanonicalEvent,
  control: string,
  own: OwnDeviation,
  first: boolean,
): number {
  const single = own.w * own.m;
  const transaction = event.transaction_id;
  if (transaction === undefined || !first) return single;
  const known = state.get<Transactions>(stateName)?.list.find(([id]) => id === transaction);
  if (known === undefined && (event.transaction_size ?? 2) < 2) return single;
  const store = state.edit<Transactions>(stateName, () => ({ list: [] }));
  let entry = store.list.find(([id]) => id === transaction);
  if (entry === undefined) {
    entry = [transaction, 1, []];
    store.list.push(entry);
    if (store.list.length > featureConstants.deviation.transactionsMax) store.list.shift();
  }
  if (!entry[2].includes(control)) {
    entry[1] *= 1 - single;
    if (entry[2].length < 64) entry[2].push(control);
  }
  return 1 - entry[1];
}
