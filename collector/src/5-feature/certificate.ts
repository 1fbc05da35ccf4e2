/** Certificates against the state at issuance (T01-T03): was the name at approved values, was it ordered, is it our key. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import { changeFacts, ledgerControl, viewInForce } from '../contract/ledger.ts';
import type { ChangeFact } from '../contract/ledger.ts';
import type { Annotation, Annotator, StateView, StepContext } from '../contract/step.ts';
import { isBehindApprovedAlias } from '../leaf/approved-alias.ts';
import { approvedValue, isApprovedState, isInsideProvider } from '../leaf/approved-state.ts';
import { recordControl, sameValue } from '../leaf/control-value.ts';
import { isIssuer } from '../leaf/issuer-name.ts';
import { parseInstant } from '../leaf/time.ts';
import { readCaa } from './caa.ts';
import {
  againMs,
  forgetJudged,
  judgedCertificates,
  keyKnown,
  noteJudged,
  noteKey,
  noteOrder,
  wasOrdered,
} from './certificate-memory.ts';
import { isChallenge, isUsualChallenge } from './challenge.ts';
import { classOf, deviationWeight, hasVanished, recordNameOf } from './change-weight.ts';
import { featureConstants } from './constants.ts';

const constants = featureConstants.certificate;
const clockSlackMs = 10 * 60_000;
const dayMs = 86_400_000;

/** Annotator that adds `feature.certificate` to issued and logged certificates, learns orders, and judges again what was judged too early. */
export const certificate: Annotator = {
  name: 'certificate',
  scope: 'domain',
  wants: ['cert.', 'registrar.domain.', 'dns.', 'dnsquery.answer.changed'],
  bounded: ['certificate'],
  step(state, message, context): Annotation {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const domain =
      event.domain === undefined ? undefined : context.inventory.domain(event.tenant, event.domain);
    if (!event.event_type.startsWith('cert.')) return judgeLater(state, event, timeMs, domain);
    if (event.event_type === 'cert.order_requested') {
      noteOrder(state, event, timeMs);
      return {};
    }
    if (event.cert === undefined) return {};
    const feature = judge(state, event, timeMs, domain, context);
    if (feature.verdict !== 'issued_while_not_ours') noteKey(state, event, timeMs);
    noteJudged(state, event, timeMs, feature);
    return { features: { certificate: feature } };
  },
  timersOf: () => [againTimer],
  due(state, _timer, key, context): Annotation {
    return judgeAgain(state, key.id, context.nowMs, context.inventory.domain(key.tenant, key.id));
  },
};

const againTimer = 'again';

/**
 * A change becomes known that happened before certificates of the last days: they are judged again ten minutes later, when the
 * other changes that are told late with it are known, too.
 */
function judgeLater(
  state: StateView,
  event: CanonicalEvent,
  nowMs: number,
  domain: InventoryDomain | undefined,
): Annotation {
  const judged = judgedCertificates(state);
  if (judged.length === 0) return {};
  const fact = changeFacts(state).findLast(({ id }) => id === event.change_fact_id);
  if (fact === undefined || !judged.some(({ atMs }) => fact.earliestMs <= atMs)) return {};
  if (notOursAnyMore(state, event.domain ?? '', nowMs, domain).length === 0) return {};
  const dueMs = againMs(state, nowMs, nowMs + constants.againMs);
  return dueMs === undefined ? {} : { timers: [{ name: againTimer, atMs: dueMs }] };
}

/** Certificates that what is known now makes not ours, with the changes that were in force. */
function notOursAnyMore(state: StateView, name: string, nowMs: number, domain: InventoryDomain | undefined) {
  return judgedCertificates(state)
    .filter(({ atMs }) => atMs > nowMs - constants.judgedMs)
    .map((judged) => ({ judged, ...changesAround(state, name, judged.cert, judged.atMs, domain) }))
    .filter(({ during }) => during.length > 0);
}

/** States them again, as the same event with the new verdict. What else was wrong with them was said the first time. */
function judgeAgain(
  state: StateView,
  name: string,
  nowMs: number,
  domain: InventoryDomain | undefined,
): Annotation {
  const found = notOursAnyMore(state, name, nowMs, domain);
  forgetJudged(state, new Set(found.map(({ judged }) => judged.id)));
  return {
    derived: found.map(({ judged: { id, type, cert }, during, before }) => ({
      event_type: type,
      key: ['not_ours', id],
      attribute: 'verdict',
      new_value: 'issued_while_not_ours',
      old_known: false,
      cert,
      feature: { certificate: notOursFeature(during, before, []) },
      links: [
        { rel: 'revises', event_id: id },
        ...during.flatMap(({ ids }) => ids.slice(0, 1)).map((each) => ({ rel: 'caused_by', event_id: each })),
      ],
    })),
  };
}

function notOursFeature(
  during: readonly ChangeFact[],
  before: readonly ChangeFact[],
  standing: readonly string[],
): FeatureOf<'certificate'> {
  return {
    verdict: 'issued_while_not_ours',
    after_change: before.length > 0,
    change_ids: before.flatMap((fact) => fact.ids.slice(0, 1)).slice(0, 16),
    not_ours: [...new Set([...during.map(({ control }) => control), ...standing])].sort(),
    known: true,
  };
}

/** Strange changes that were in force when a certificate was issued, and those shortly before it was logged. */
function changesAround(
  state: StateView,
  name: string,
  cert: CanonicalEvent['cert'],
  atMs: number,
  domain: InventoryDomain | undefined,
): { readonly during: ChangeFact[]; readonly before: ChangeFact[] } {
  const notBefore = cert?.not_before === undefined ? undefined : parseInstant(cert.not_before)?.ms;
  const issuedMs = notBefore === undefined || notBefore > atMs ? atMs : Math.max(notBefore, atMs - 7 * dayMs);
  const strange = strangeChanges(state, name, cert, domain);
  return {
    during: strange.filter(
      (fact) => fact.earliestMs <= atMs && (fact.endMs === undefined || fact.endMs > issuedMs),
    ),
    before: strange.filter(
      (fact) => fact.atMs > atMs - constants.afterChangeMs && fact.earliestMs <= atMs + clockSlackMs,
    ),
  };
}

function judge(
  state: StateView,
  event: CanonicalEvent,
  atMs: number,
  domain: InventoryDomain | undefined,
  context: StepContext,
): FeatureOf<'certificate'> {
  const { during, before } = changesAround(state, event.domain ?? '', event.cert, atMs, domain);
  const stated = notOursFeature(during, before, standingStrange(state, domain));
  const approval = issuerApproval(event, domain);
  const ordered = wasOrdered(state, event, atMs);
  const spki = keyKnown(state, event, atMs);
  const watched = context.sources.status(event.tenant, 'acme_log', context.nowMs) !== undefined;
  const meant = event.approval_state === 'approved';
  const trusted = meant || ordered || spki || (approval.issuer === true && approval.account === true);
  const isOurs = stated.not_ours?.length === 0;
  return {
    ...stated,
    verdict: !isOurs ? 'issued_while_not_ours' : trusted ? 'expected' : 'new_but_ours',
    ordered: ordered || spki,
    spki_known: spki,
    ...(approval.issuer === undefined ? {} : { issuer_approved: approval.issuer }),
    ...(approval.account === undefined ? {} : { account_approved: approval.account }),
    caa_forbade: caaForbade(state, event, approval.issuer),
    known: watched || viewInForce(ledgerControl(state, 'nameservers')) !== undefined,
  };
}

/** Unapproved changes that let somebody else pass a domain validation: delegation, addresses, mail, challenge records by an unusual hand. */
function strangeChanges(
  state: StateView,
  name: string,
  cert: CanonicalEvent['cert'],
  domain: InventoryDomain | undefined,
): ChangeFact[] {
  const hosts = domain?.critical_hosts ?? [];
  return changeFacts(state).filter((fact) => {
    if (fact.approval === 'approved' || hasVanished(fact)) return false;
    if (isApprovedState(fact.control, fact.value, domain, true)) return false;
    if (isChallenge(fact.control)) return !isUsualChallenge(state, fact);
    const what = classOf(fact.control, name, fact.old, fact.value, hosts);
    if (!['ns', 'ds', 'mx', 'apex', 'critical', 'address', 'caa'].includes(what)) return false;
    if (what === 'address' && !isNamed(cert, recordNameOf(fact.control))) return false;
    const inside =
      isInsideProvider(fact.control, fact.value, domain) || isBehindApprovedAlias(fact, state, domain);
    const share = inside ? featureConstants.deviation.providerShare : 1;
    return deviationWeight(what, fact.control, false) * share >= constants.deviationMin;
  });
}

/** True when the certificate speaks for this name, itself or by a wildcard; a certificate without names speaks for all. */
function isNamed(cert: CanonicalEvent['cert'], name: string | undefined): boolean {
  const names = cert?.names;
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
  const matching = authorities.filter(({ issuer }) => isIssuer(event.cert ?? {}, issuer));
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
