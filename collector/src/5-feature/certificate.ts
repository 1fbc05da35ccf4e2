/** Certificates against the state at issuance (T01-T03): was the name at approved values, was it ordered, is it our key. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import { changeFacts, ledgerControl, viewInForce } from '../contract/ledger.ts';
import type { ChangeFact } from '../contract/ledger.ts';
import type { Annotator, StateView, StepContext } from '../contract/step.ts';
import { approvedValue, isApprovedState, isInsideProvider } from '../leaf/approved-state.ts';
import { recordControl, sameValue } from '../leaf/control-value.ts';
import { parseInstant } from '../leaf/time.ts';
import { readCaa } from './caa.ts';
import { classOf, deviationWeight, hasVanished, recordNameOf } from './change-weight.ts';
import { hostileSpans, isHostile } from './confirmed-cases.ts';
import { featureConstants } from './constants.ts';

const constants = featureConstants.certificate;
const clockSlackMs = 10 * 60_000;
const dayMs = 86_400_000;

/** Checkpoints of older versions know the first time alone. */
type KnownKey = [firstMs: number, serial: string, lastMs?: number, lastSerial?: string];

interface CertificateMemory {
  /** Keys seen in certificates that were issued while the name was ours: first and last time, each with the serial. */
  keys: Record<string, KnownKey>;
  /** Orders of our own ACME clients. */
  orders: [atMs: number, names: string[]][];
  evicted: number;
}

/** Annotator that adds `feature.certificate` to issued and logged certificates, and learns orders. */
export const certificate: Annotator = {
  name: 'certificate',
  scope: 'domain',
  wants: ['cert.'],
  bounded: ['certificate'],
  step(state, message, context) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    if (event.event_type === 'cert.order_requested') {
      noteOrder(state, event, timeMs);
      return {};
    }
    if (event.cert === undefined) return {};
    const domain =
      event.domain === undefined ? undefined : context.inventory.domain(event.tenant, event.domain);
    const feature = judge(state, event, timeMs, domain, context);
    if (feature.verdict !== 'issued_while_not_ours') noteKey(state, event, timeMs);
    return { features: { certificate: feature } };
  },
};

function judge(
  state: StateView,
  event: CanonicalEvent,
  atMs: number,
  domain: InventoryDomain | undefined,
  context: StepContext,
): FeatureOf<'certificate'> {
  const notBefore =
    event.cert?.not_before === undefined ? undefined : parseInstant(event.cert.not_before)?.ms;
  const issuedMs =
    notBefore === undefined || notBefore > atMs ? atMs : Math.max(notBefore, atMs - 7 * 86_400_000);
  const strange = strangeChanges(state, event, domain);
  const before = strange.filter(
    (fact) => fact.atMs > atMs - constants.afterChangeMs && fact.atMs <= atMs + clockSlackMs,
  );
  const during = strange.filter(
    (fact) => fact.earliestMs <= atMs && (fact.endMs === undefined || fact.endMs > issuedMs),
  );
  const notOurs = new Set(during.map((fact) => fact.control));
  for (const control of standingStrange(state, domain)) notOurs.add(control);
  const approval = issuerApproval(event, domain);
  const ordered = wasOrdered(state, event, atMs);
  const spki = keyKnown(state, event, atMs);
  const watched = context.sources.status(event.tenant, 'acme_log', context.nowMs) !== undefined;
  const trusted = ordered || spki || (approval.issuer === true && approval.account === true);
  const verdict = notOurs.size > 0 ? 'issued_while_not_ours' : trusted ? 'expected' : 'new_but_ours';
  return {
    verdict,
    ordered: ordered || spki,
    spki_known: spki,
    ...(approval.issuer === undefined ? {} : { issuer_approved: approval.issuer }),
    ...(approval.account === undefined ? {} : { account_approved: approval.account }),
    caa_forbade: caaForbade(state, event, approval.issuer),
    after_change: before.length > 0,
    change_ids: before.flatMap((fact) => fact.ids.slice(0, 1)).slice(0, 16),
    not_ours: [...notOurs].sort(),
    known: watched || viewInForce(ledgerControl(state, 'nameservers')) !== undefined,
  };
}

/** Unapproved changes that let somebody else pass a domain validation: delegation, addresses, mail, challenge records. */
function strangeChanges(
  state: StateView,
  event: CanonicalEvent,
  domain: InventoryDomain | undefined,
): ChangeFact[] {
  const hosts = domain?.critical_hosts ?? [];
  return changeFacts(state).filter((fact) => {
    if (fact.approval === 'approved' || hasVanished(fact)) return false;
    if (isApprovedState(fact.control, fact.value, domain, true)) return false;
    if (recordNameOf(fact.control)?.startsWith('_acme-challenge') === true) return true;
    const what = classOf(fact.control, event.domain ?? '', fact.old, fact.value, hosts);
    if (!['ns', 'ds', 'mx', 'apex', 'critical', 'address', 'caa'].includes(what)) return false;
    if (what === 'address' && !isNamed(event, recordNameOf(fact.control))) return false;
    const inside = isInsideProvider(fact.control, fact.value, domain);
    const share = inside ? featureConstants.deviation.providerShare : 1;
    return deviationWeight(what, fact.control, false) * share >= constants.deviationMin;
  });
}

/** True when the certificate speaks for this name, itself or by a wildcard; a certificate without names speaks for all. */
function isNamed(event: CanonicalEvent, name: string | undefined): boolean {
  const names = event.cert?.names;
  if (names === undefined || names.length === 0 || name === undefined) return true;
  return names.includes(name) || names.includes(`*${name.slice(name.indexOf('.'))}`);
}

/** Delegation or apex address that stands at a value the inventory does not approve, however long ago it changed. */
function standingStrange(state: StateView, domain: InventoryDomain | undefined): string[] {
  if (domain === undefined) return [];
  const apex = recordControl(domain.domain, 'A');
  return ['nameservers', apex].filter((control) => {
    const approved = approvedValue(control, domain);
    const seen = ledgerControl(state, control)?.seen;
    if (approved === undefined || seen === undefined || !Array.isArray(seen[0])) return false;
    if (sameValue(control, approved, seen[0])) return false;
    if (changeFacts(state).some((fact) => fact.control === control && fact.approval === 'approved'))
      return false;
    const allowed = new Set(approved);
    return !seen[0].every((item) => allowed.has(item));
  });
}

function issuerApproval(
  event: CanonicalEvent,
  domain: InventoryDomain | undefined,
): { issuer?: boolean; account?: boolean } {
  const authorities = domain?.approved?.certificate_authorities;
  if (authorities === undefined) return {};
  const names = [event.cert?.issuer_cn, event.cert?.issuer_org]
    .filter((name) => name !== undefined)
    .map((name) => name.toLowerCase());
  const matching = authorities.filter(({ issuer }) =>
    names.some((name) => name === issuer.toLowerCase() || name.startsWith(`${issuer.toLowerCase()} `)),
  );
  const accounts = matching.flatMap((authority) => authority.accounts ?? []);
  const account = event.cert?.acme_account_uri;
  return {
    issuer: matching.length > 0,
    ...(account === undefined || accounts.length === 0 ? {} : { account: accounts.includes(account) }),
  };
}

/** CAA known at the apex forbade it: it allows nobody, or nobody whose name resembles this issuer while the issuer is not approved either. */
function caaForbade(state: StateView, event: CanonicalEvent, issuerApproved: boolean | undefined): boolean {
  const view = viewInForce(ledgerControl(state, recordControl(event.domain ?? '', 'CAA')))?.[0];
  if (!Array.isArray(view)) return false;
  const issue = readCaa(view).filter(({ tag }) => tag === 'issue');
  if (issue.length === 0) return false;
  const allowed = issue.filter(({ issuer }) => issuer !== '');
  if (allowed.length === 0) return true;
  const account = event.cert?.acme_account_uri;
  const bound = allowed.every(({ accounts }) => accounts.length > 0);
  if (bound && account !== undefined && !allowed.some(({ accounts }) => accounts.includes(account)))
    return true;
  const letters = `${event.cert?.issuer_cn ?? ''} ${event.cert?.issuer_org ?? ''}`
    .toLowerCase()
    .replace(/[^a-z0-9]/gu, '');
  const resembles = allowed.some(({ issuer }) => letters.includes(issuer.split('.').at(-2) ?? issuer));
  return issuerApproved === false && letters !== '' && !resembles;
}

function memoryOf(state: StateView): CertificateMemory {
  return state.edit<CertificateMemory>('certificate', () => ({ keys: {}, orders: [], evicted: 0 }));
}

function noteOrder(state: StateView, event: CanonicalEvent, atMs: number): void {
  const memory = memoryOf(state);
  const names = event.cert?.names ?? [event.record_name ?? event.domain ?? ''];
  memory.orders = memory.orders.filter(([at]) => at > atMs - 2 * constants.orderMs);
  memory.orders.push([atMs, names.slice(0, 20)]);
  if (memory.orders.length > constants.ordersMax) {
    memory.orders.shift();
    memory.evicted += 1;
  }
}

function wasOrdered(state: StateView, event: CanonicalEvent, atMs: number): boolean {
  const names = new Set(event.cert?.names ?? []);
  const orders = state.get<CertificateMemory>('certificate')?.orders ?? [];
  return orders.some(
    ([at, ordered]) => Math.abs(atMs - at) <= constants.orderMs && ordered.some((name) => names.has(name)),
  );
}

/** The key was in use before: in another certificate, or for more than a day. What a confirmed case brought is no use. */
function keyKnown(state: StateView, event: CanonicalEvent, atMs: number): boolean {
  const key = event.cert?.spki_sha256;
  const keys = state.get<CertificateMemory>('certificate')?.keys;
  if (key === undefined || keys === undefined || !Object.hasOwn(keys, key)) return false;
  const [firstMs = atMs, serial = '', lastMs = firstMs, lastSerial = serial] = keys[key] ?? [];
  const hostile = hostileSpans(state);
  return [[firstMs, serial] as const, [lastMs, lastSerial] as const].some(
    ([seenMs, of]) =>
      !isHostile(hostile, seenMs, seenMs) && (of !== (event.cert?.serial ?? '') || seenMs < atMs - dayMs),
  );
}

function noteKey(state: StateView, event: CanonicalEvent, atMs: number): void {
  const key = event.cert?.spki_sha256;
  if (key === undefined || key === '__proto__') return;
  const serial = event.cert?.serial ?? '';
  const known = state.get<CertificateMemory>('certificate')?.keys;
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
