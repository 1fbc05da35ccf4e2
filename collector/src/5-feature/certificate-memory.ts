/** What a domain remembers of certificates: keys in use, orders of its own, and those that may have been judged too early. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { StateView } from '../contract/step.ts';
import { hostileSpans, isHostile } from './confirmed-cases.ts';
import { featureConstants } from './constants.ts';

const constants = featureConstants.certificate;
const dayMs = 86_400_000;
const stateName = 'certificate';

/** Checkpoints of older versions know the first time alone. */
type KnownKey = [firstMs: number, serial: string, lastMs?: number, lastSerial?: string];

/** A certificate that may have to be judged again when a change from before it becomes known. */
export interface JudgedCertificate {
  id: string;
  type: string;
  atMs: number;
  cert: NonNullable<CanonicalEvent['cert']>;
}

interface CertificateMemory {
  /** Keys seen in certificates that were issued while the name was ours: first and last time, each with the serial. */
  keys: Record<string, KnownKey>;
  /** Orders of our own ACME clients. */
  orders: [atMs: number, names: string[]][];
  /** Certificates of the last week that were judged ours and nobody ordered, oldest first. Absent in older checkpoints. */
  judged?: JudgedCertificate[];
  /** When they are judged again; absent: nothing asks for it. */
  againMs?: number;
  evicted: number;
}

const redirecting: ReadonlySet<string> = new Set(['cert.issued', 'cert.precert_logged']);

/** Remembers a certificate that was judged ours and that nobody ordered. */
export function noteJudged(
  state: StateView,
  event: CanonicalEvent,
  atMs: number,
  { verdict, ordered }: FeatureOf<'certificate'>,
): void {
  if (event.cert === undefined || !redirecting.has(event.event_type)) return;
  if (ordered === true || verdict === 'issued_while_not_ours') return;
  const memory = memoryOf(state);
  const { names = [], ...cert } = event.cert;
  const kept = (memory.judged ?? []).filter((each) => each.atMs > atMs - constants.judgedMs);
  kept.push({
    id: event.event_id,
    type: event.event_type,
    atMs,
    cert: { ...cert, names: names.slice(0, constants.judgedNamesMax) },
  });
  if (kept.length > constants.judgedMax) {
    kept.shift();
    memory.evicted += 1;
  }
  memory.judged = kept;
}

/** Certificates that a change from before them may make not ours. */
export function judgedCertificates(state: StateView): readonly JudgedCertificate[] {
  return state.get<CertificateMemory>(stateName)?.judged ?? [];
}

/** Notes that they are to be judged again at `dueMs`; undefined: they will be before. */
export function againMs(state: StateView, nowMs: number, dueMs: number): number | undefined {
  const planned = state.get<CertificateMemory>(stateName)?.againMs;
  if (planned !== undefined && planned > nowMs) return undefined;
  memoryOf(state).againMs = dueMs;
  return dueMs;
}

/** These turned out not to be ours: their keys are not ours either. */
export function forgetJudged(state: StateView, ids: ReadonlySet<string>): void {
  const memory = memoryOf(state);
  for (const { id, atMs, cert } of memory.judged ?? []) {
    const key = cert.spki_sha256;
    if (!ids.has(id) || key === undefined || !Object.hasOwn(memory.keys, key)) continue;
    if ((memory.keys[key]?.[0] ?? 0) >= atMs) delete memory.keys[key];
  }
  memory.judged = (memory.judged ?? []).filter(({ id }) => !ids.has(id));
  delete memory.againMs;
}

function memoryOf(state: StateView): CertificateMemory {
  return state.edit<CertificateMemory>(stateName, () => ({ keys: {}, orders: [], evicted: 0 }));
}

/** Learns an order of one of our own clients. */
export function noteOrder(state: StateView, event: CanonicalEvent, atMs: number): void {
  const memory = memoryOf(state);
  const names = event.cert?.names ?? [event.record_name ?? event.domain ?? ''];
  memory.orders = memory.orders.filter(([at]) => at > atMs - 2 * constants.orderMs);
  memory.orders.push([atMs, names.slice(0, 20)]);
  if (memory.orders.length > constants.ordersMax) {
    memory.orders.shift();
    memory.evicted += 1;
  }
}

/** One of our own clients ordered a certificate for one of these names within an hour of it. */
export function wasOrdered(state: StateView, event: CanonicalEvent, atMs: number): boolean {
  const names = new Set(event.cert?.names ?? []);
  const orders = state.get<CertificateMemory>(stateName)?.orders ?? [];
  return orders.some(
    ([at, ordered]) => Math.abs(atMs - at) <= constants.orderMs && ordered.some((name) => names.has(name)),
  );
}

/** The key was in use before: in another certificate, or for more than a day. What a confirmed case brought is no use. */
export function keyKnown(state: StateView, event: CanonicalEvent, atMs: number): boolean {
  const key = event.cert?.spki_sha256;
  const keys = state.get<CertificateMemory>(stateName)?.keys;
  if (key === undefined || keys === undefined || !Object.hasOwn(keys, key)) return false;
  const [firstMs = atMs, serial = '', lastMs = firstMs, lastSerial = serial] = keys[key] ?? [];
  const hostile = hostileSpans(state);
  return [[firstMs, serial] as const, [lastMs, lastSerial] as const].some(
    ([seenMs, of]) =>
      !isHostile(hostile, seenMs, seenMs) && (of !== (event.cert?.serial ?? '') || seenMs < atMs - dayMs),
  );
}

/** Learns the key of a certificate that was issued while the name was ours. */
export function noteKey(state: StateView, event: CanonicalEvent, atMs: number): void {
  const key = event.cert?.spki_sha256;
  if (key === undefined || key === '__proto__') return;
  const serial = event.cert?.serial ?? '';
  const known = state.get<CertificateMemory>(stateName)?.keys;
  const before = known !== undefined && Object.hasOwn(known, key) ? known[key] : undefined;
  if (before !== undefined && (before[3] ?? before[1]) === serial && (before[2] ?? before[0]) >= atMs - dayMs)
    return;
  const memory = memoryOf(state);
  memory.keys[key] = before === undefined ? [atMs, serial] : [before[0], before[1], atMs, serial];
  const names = Object.keys(memory.keys);
  if (names.length <= constants.keysMax) return;
  delete memory.keys[names.reduce((a, b) => (lastUseMs(memory.keys[b]) < lastUseMs(memory.keys[a]) ? b : a))];
  memory.evicted += 1;
}

function lastUseMs(key: KnownKey | undefined): number {
  return key?.[2] ?? key?.[0] ?? 0;
}
