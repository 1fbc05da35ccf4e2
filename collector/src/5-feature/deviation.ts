/** Deviation of a change from the approved record set (3.6). */
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import type { ChangeFact } from '../contract/ledger.ts';
import type { Annotator, StateView } from '../contract/step.ts';
import {
  approvedValue,
  isApprovedState,
  isInsideProvider,
  staysInsideProvider,
} from '../leaf/approved-state.ts';
import { recordTypeOf, sameValue } from '../leaf/control-value.ts';
import { confirmedSpan, type ConfirmedSpan } from '../leaf/confirmed-case.ts';
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
  step(state, message, context) {
    const span = confirmedSpan(message);
    if (span !== undefined) forgetUsual(state, span);
    if (message.kind !== 'event' || message.event.domain === undefined) return {};
    const { event, timeMs } = message;
    const control = changeOf(event)?.control ?? observedControl(event);
    if (control === undefined || event.new_value === undefined) return {};
    const domain = context.inventory.domain(event.tenant, message.event.domain);
    const usual = usualValue(state, control, timeMs);
    const own = ownDeviation(event, control, domain, usual);
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
      inside_provider: own.outside && staysInsideProvider(control, event.old_value, event.new_value, domain),
      baseline: isNamed ? 'approved' : own.baseline,
      cap_medium:
        !isNamed && own.baseline !== 'approved' && !own.isDelegation && !['ds', 'mx'].includes(own.what),
      known: isNamed || own.baseline !== 'none',
      as_of: event.timestamp,
    };
    return { features: { deviation: feature } };
  },
};

/** Values that stood for two weeks before they were changed, with the time they were left. */
interface Usual {
  of: Record<string, [value: EventValue, leftMs: number, stoodSinceMs: number]>;
  evicted: number;
  /** Spans of confirmed cases: values that began to stand in one never become usual. At most 8, newest last. */
  hostile?: ConfirmedSpan[];
}

function usualValue(state: StateView, control: string, nowMs: number): EventValue | undefined {
  const known = state.get<Usual>('usual')?.of;
  const entry = known !== undefined && Object.hasOwn(known, control) ? known[control] : undefined;
  const { usualKeepMs } = featureConstants.deviation;
  return entry !== undefined && entry[1] > nowMs - usualKeepMs ? entry[0] : undefined;
}

function learnUsual(state: StateView, fact: ChangeFact, nowMs: number): void {
  const { usualAfterMs, usualKeepMs, usualMax } = featureConstants.deviation;
  const { oldSinceMs, old, control } = fact;
  if (old === undefined || oldSinceMs === undefined || fact.atMs - oldSinceMs < usualAfterMs) return;
  const hostile = state.get<Usual>('usual')?.hostile ?? [];
  if (hostile.some((span) => oldSinceMs >= span.fromMs && oldSinceMs <= span.untilMs)) return;
  const usual = state.edit<Usual>('usual', () => ({ of: {}, evicted: 0 }));
  for (const [name, [, leftMs]] of Object.entries(usual.of))
    if (leftMs <= nowMs - usualKeepMs) delete usual.of[name];
  usual.of[control] = [old, fact.atMs, oldSinceMs];
  const names = Object.keys(usual.of);
  if (names.length <= usualMax) return;
  delete usual.of[names.reduce((a, b) => ((usual.of[b]?.[1] ?? 0) < (usual.of[a]?.[1] ?? 0) ? b : a))];
  usual.evicted += 1;
}

const hostileSpansMax = 8;

/** Forgets values that began to stand during a confirmed case, and learns none of them later (3.6, slow poisoning). */
function forgetUsual(state: StateView, span: ConfirmedSpan): void {
  const usual = state.edit<Usual>('usual', () => ({ of: {}, evicted: 0 }));
  for (const [control, [, , sinceMs]] of Object.entries(usual.of))
    if (sinceMs >= span.fromMs && sinceMs <= span.untilMs) delete usual.of[control];
  usual.hostile = [...(usual.hostile ?? []), { ...span }].slice(-hostileSpansMax);
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
    m: meant ? 0 : share(event, what, control, domain),
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
): number {
  const { providerShare, deploymentShare } = featureConstants.deviation;
  if (isInsideProvider(control, event.new_value, domain)) return providerShare;
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
