/** Renewal path (R13): days left on what is paid, whether auto-renew is confirmed, and extensions nobody paid. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import { ledgerControl, viewInForce } from '../contract/ledger.ts';
import type { Annotation, Annotator, DerivedDraft, StateView, StepContext } from '../contract/step.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import { formatInstant, parseInstant } from '../leaf/time.ts';
import { featureConstants } from './constants.ts';

const dayMs = 86_400_000;
const { graceMs } = featureConstants.expiry;
const leaving: ReadonlySet<string> = new Set(['autoRenewPeriod', 'redemptionPeriod', 'pendingDelete']);
const stateName = 'expiry';
const noticeTimer = 'notice';

interface Expiry {
  /** Expiry that is known to be paid for. */
  paidMs: number;
  /** A later date that the registry set by itself around the paid expiry. */
  extendedMs?: number;
  /** Last time a feed said that the date comes near or has passed. */
  toldMs?: number;
}

const types: readonly string[] = [
  'registrar.domain.state_observed',
  'registrar.domain.renewed',
  'registrar.domain.expiry_approaching',
  'registrar.domain.expired',
  'registrar.domain.redemption_started',
  'registrar.domain.auto_renew_changed',
  'registrar.domain.status_changed',
  'registrar.domain.restored',
];

const telling: ReadonlySet<string> = new Set([
  'registrar.domain.expiry_approaching',
  'registrar.domain.expired',
  'registrar.domain.redemption_started',
]);

function noteTold(state: StateView, event: CanonicalEvent, atMs: number): void {
  if (state.get<Expiry>(stateName) === undefined) return;
  const grace = Array.isArray(event.new_value) && event.new_value.includes('autoRenewPeriod');
  if (!grace && !telling.has(event.event_type)) return;
  state.edit<Expiry>(stateName, () => ({ paidMs: 0 })).toldMs = atMs;
}

/** Annotator that adds `feature.expiry` and says so when the paid time runs out without a feed telling it. */
export const expiry: Annotator = {
  name: 'expiry',
  scope: 'domain',
  wants: types,
  step(state, message, context): Annotation {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const renewal = event.event_type === 'registrar.domain.renewed';
    const dated = event.attribute === 'expiry' || renewal;
    if (event.event_type === 'registrar.domain.state_observed' && !dated && event.attribute !== 'statuses')
      return {};
    const timers = dated ? noteDate(state, event, timeMs, renewal) : [];
    if (telling.has(event.event_type) || Array.isArray(event.new_value)) noteTold(state, event, timeMs);
    const feature = read(state, event, timeMs, context);
    return feature === undefined ? { timers } : { features: { expiry: feature }, timers };
  },
  timersOf: () => [noticeTimer],
  due(state, timer, key, context): Annotation {
    const before = state.get<Expiry>(stateName);
    if (before === undefined) return {};
    const known = settled(state, before, context.nowMs);
    if (known !== before) state.put(stateName, known);
    const domain = context.inventory.domain(key.tenant, key.id);
    const left = (known.paidMs - context.nowMs) / dayMs;
    const next = nextNotice(known, context.nowMs);
    const timers = next === undefined ? [] : [{ name: timer, atMs: next }];
    if (domain === undefined || domain.retire === true) return { timers };
    const feature = featureOf(state, known, context.nowMs, false);
    const told = known.toldMs !== undefined && known.toldMs > context.nowMs - featureConstants.expiry.toldMs;
    if (told || (feature.auto_renew_confirmed === true && left > 0)) return { timers };
    const days = Math.max(0, Math.ceil(left));
    const draft: DerivedDraft = {
      event_type: left <= 0 ? 'registrar.domain.expired' : 'registrar.domain.expiry_approaching',
      key: [formatInstant(known.paidMs), String(days)],
      attribute: 'expiry',
      new_value: formatInstant(known.paidMs),
      old_known: false,
      source: { days_left: days },
      feature: { expiry: feature },
    };
    return { derived: [draft], timers };
  },
};

/**
 * What is known once a date that the registry set by itself has stood: registries give the registrar 45 days to take an automatic
 * renewal back (RFC 3915, auto-renew grace period). A name that is still there after them was paid for.
 */
function settled(state: StateView, known: Expiry, nowMs: number): Expiry {
  const { extendedMs, paidMs, ...rest } = known;
  if (extendedMs === undefined || nowMs <= paidMs + graceMs) return known;
  const statuses = viewInForce(ledgerControl(state, 'statuses'))?.[0];
  const isLeaving = Array.isArray(statuses) && statuses.some((status) => leaving.has(status));
  return isLeaving ? known : { ...rest, paidMs: extendedMs };
}

/**
 * Until when a name is paid for as far as it is known, and whether its date stands only because the registry extended it by
 * itself; undefined: no date was told. A renewal counts when it is told, before any poll shows the new date.
 */
export function paidUntil(
  state: StateView,
  nowMs: number,
): { readonly paidMs: number; readonly isExtended: boolean } | undefined {
  const stored = state.get<Expiry>(stateName);
  if (stored === undefined) return undefined;
  const { paidMs, extendedMs } = settled(state, stored, nowMs);
  return { paidMs, isExtended: extendedMs !== undefined };
}

function nextNotice({ paidMs, extendedMs }: Expiry, nowMs: number): number | undefined {
  const times = featureConstants.expiry.noticeDays.map((days) => paidMs - days * dayMs);
  if (extendedMs !== undefined) times.push(paidMs + graceMs + 1);
  return times.find((time) => time > nowMs);
}

function noteDate(state: StateView, event: CanonicalEvent, atMs: number, renewal: boolean) {
  const text = typeof event.new_value === 'string' ? event.new_value : undefined;
  const date = text === undefined ? undefined : parseInstant(text.length === 10 ? `${text}T00:00:00Z` : text);
  if (date === undefined) return [];
  const before = state.get<Expiry>(stateName);
  const known = before === undefined ? undefined : settled(state, before, atMs);
  const byItself = known !== undefined && date.ms > known.paidMs && atMs >= known.paidMs - dayMs && !renewal;
  if (known !== undefined && (date.ms === known.paidMs || date.ms === known.extendedMs) && !renewal)
    return [];
  const told = known?.toldMs === undefined ? {} : { toldMs: known.toldMs };
  const next: Expiry = byItself
    ? { ...told, paidMs: known.paidMs, extendedMs: date.ms }
    : { ...told, paidMs: date.ms };
  state.put(stateName, next);
  return [{ name: noticeTimer, atMs: nextNotice(next, atMs) ?? null }];
}

function read(
  state: StateView,
  event: CanonicalEvent,
  atMs: number,
  context: StepContext,
): FeatureOf<'expiry'> | undefined {
  const stored = state.get<Expiry>(stateName);
  const known = stored === undefined ? undefined : settled(state, stored, atMs);
  const retire =
    event.domain !== undefined && context.inventory.domain(event.tenant, event.domain)?.retire === true;
  if (known !== undefined) return featureOf(state, known, atMs, retire);
  const days = event.source?.['days_left'];
  if (typeof days !== 'number') return { known: false, retire };
  return { days_left: days, expired: days <= 0, known: true, retire };
}

function featureOf(state: StateView, known: Expiry, atMs: number, retire: boolean): FeatureOf<'expiry'> {
  const statuses = viewInForce(ledgerControl(state, 'statuses'))?.[0];
  const auto = viewInForce(ledgerControl(state, 'auto_renew'))?.[0];
  const grace = Array.isArray(statuses) && statuses.includes('autoRenewPeriod');
  const unpaid = grace || known.extendedMs !== undefined;
  const confirmed = !unpaid && (auto === 'enabled' || auto === 'on' || auto === true || auto === 'true');
  return {
    days_left: rounded((known.paidMs - atMs) / dayMs, 3),
    auto_renew_confirmed: confirmed,
    unpaid_auto_renew: unpaid,
    expired: known.paidMs <= atMs,
    retire,
    known: true,
  };
}
