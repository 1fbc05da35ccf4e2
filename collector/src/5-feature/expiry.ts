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
  /** Last time the registrar itself said that the name was renewed. */
  renewedMs?: number;
}

/** Who looks at the registry sees the date that it set, and the registry sets one for every name that expires. */
const lookingOn: ReadonlySet<string> = new Set(['rdap_poll', 'zone_feed', 'epp_poll']);

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
  if (!isInGrace(event.new_value) && !telling.has(event.event_type)) return;
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
  const known = settled(state, stored, nowMs);
  return { paidMs: known.paidMs, isExtended: isUnpaid(state, known, nowMs) };
}

function nextNotice({ paidMs, extendedMs }: Expiry, nowMs: number): number | undefined {
  const times = featureConstants.expiry.noticeDays.map((days) => paidMs - days * dayMs);
  if (extendedMs !== undefined) times.push(paidMs + graceMs + 1);
  return times.find((time) => time > nowMs);
}

function noteDate(state: StateView, event: CanonicalEvent, atMs: number, renewal: boolean) {
  const text = typeof event.new_value === 'string' ? event.new_value : undefined;
  const date = text === undefined ? undefined : parseInstant(text.length === 10 ? `${text}T00:00:00Z` : text);
  const before = state.get<Expiry>(stateName);
  const known = before === undefined ? undefined : settled(state, before, atMs);
  const paid = renewal && !lookingOn.has(event.source_kind);
  // The registrar's word may come without the date that the registry shows already.
  const dateMs = date?.ms ?? (paid ? (known?.extendedMs ?? known?.paidMs) : undefined);
  if (dateMs === undefined) return [];
  if (known !== undefined && (dateMs === known.paidMs || dateMs === known.extendedMs) && !paid) return [];
  const byItself = known !== undefined && dateMs > known.paidMs && isByItself(known, atMs, renewal, paid);
  const { paidMs: _paid, extendedMs: _extended, ...told } = known ?? { paidMs: 0 };
  const next: Expiry = {
    ...told,
    ...(byItself ? { paidMs: known.paidMs, extendedMs: dateMs } : { paidMs: dateMs }),
    ...(paid ? { renewedMs: atMs } : {}),
  };
  state.put(stateName, next);
  return [{ name: noticeTimer, atMs: nextNotice(next, atMs) ?? null }];
}

/**
 * A later date is the registry's own doing from the paid expiry on (RFC 3915, section 3.1), whatever the feed that compares two
 * looks calls it. A bare state may be a day apart, since inventories and registrars round dates.
 */
function isByItself({ paidMs }: Expiry, atMs: number, renewal: boolean, paid: boolean): boolean {
  return !paid && atMs >= (renewal ? paidMs : paidMs - dayMs);
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
  const auto = viewInForce(ledgerControl(state, 'auto_renew'))?.[0];
  const unpaid = isUnpaid(state, known, atMs);
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

/** Statuses of a name whose registry extended the date by itself (RFC 3915, section 3.1); anything but a list is none. */
export function isInGrace(statuses: unknown): boolean {
  return Array.isArray(statuses) && statuses.includes('autoRenewPeriod');
}

/** The date stands only because the registry extended it. A name that its registrar renewed keeps that status for the grace period, too. */
function isUnpaid(state: StateView, { extendedMs, renewedMs }: Expiry, atMs: number): boolean {
  if (extendedMs !== undefined) return true;
  const statuses = viewInForce(ledgerControl(state, 'statuses'))?.[0];
  return isInGrace(statuses) && (renewedMs === undefined || renewedMs <= atMs - 2 * graceMs);
}
