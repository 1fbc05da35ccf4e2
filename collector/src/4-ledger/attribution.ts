/**
 * Attribution (R08, detection reference 3.10): a change that an outside witness saw needs an explaining event from inside
 * that names the same object and value, or an intent. A certificate or a report alone is no witness. A silent inside
 * source makes the statement degraded; a late explanation takes it back.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import { changeFacts, heardSources } from '../contract/ledger.ts';
import type { ChangeFact } from '../contract/ledger.ts';
import type { Annotation, Annotator, StateView, StepContext } from '../contract/step.ts';
import { explainedDraft, missingDraft } from './attribution-drafts.ts';
import { ledgerConstants } from './constants.ts';
import { editFact } from './facts.ts';
import { recordTypeOf } from '../leaf/control-value.ts';
import { isLoneVantage } from '../leaf/vantage.ts';
import { explainingKinds, isWitness } from './witnesses.ts';

/** Controls whose unexplained change matters; record types that software changes by itself are left out. */
const controls = new Set([
  'nameservers',
  'ds',
  'lock',
  'registry_lock',
  'registrar',
  'account',
  'auto_renew',
]);
const automaticTypes = new Set(['SOA', 'RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM', 'CDS', 'CDNSKEY', 'DNSKEY']);

function needsExplanation(control: string): boolean {
  const type = recordTypeOf(control);
  if (type !== undefined) return !automaticTypes.has(type);
  return controls.has(control) || control.startsWith('contact') || control.startsWith('glue');
}

/** Annotator that states `derived.attribution.missing` and withdraws it. */
export const attribution: Annotator = {
  name: 'attribution',
  scope: 'domain',
  wants: ['registrar.domain.', 'dns.', 'dnsquery.answer.'],
  step(state, message, context) {
    if (message.kind !== 'event') return {};
    const { event } = message;
    const index = changeFacts(state).findLastIndex((fact) => fact.id === event.change_fact_id);
    const fact = changeFacts(state)[index];
    if (fact === undefined || !needsExplanation(fact.control)) return {};
    if (isExplained(fact)) return withdraw(state, index, fact, event.event_id);
    if (fact.missing !== undefined || !isWitness(event.source_kind) || isStrengthening(fact)) return {};
    if (!isNews(event) && fact.doubtful !== true) return {};
    const edited = editFact(state, index);
    if (edited === undefined) return {};
    if (isLoneVantage(event.query?.vantage)) {
      if (fact.kinds.every(([kind]) => kind === event.source_kind)) edited.doubtful = true;
      return {};
    }
    delete edited.doubtful;
    const waiting = waitFor(fact, event, state, context);
    if (waiting.ms === 0) {
      edited.missing = 'stated';
      const domain = context.inventory.domain(event.tenant, event.domain ?? '');
      return { derived: [missingDraft(edited, waiting.silent, 0, domain, state)] };
    }
    edited.missing = 'waiting';
    return { timers: [{ name: fact.id, atMs: Math.max(message.timeMs + waiting.ms, context.nowMs) }] };
  },
  timersOf: (state) => changeFacts(state).map(({ id }) => id),
  due(state, timer, key, context) {
    const index = changeFacts(state).findLastIndex((fact) => fact.id === timer);
    const fact = changeFacts(state)[index];
    if (fact?.missing !== 'waiting') return {};
    const edited = editFact(state, index);
    if (edited === undefined) return {};
    if (isExplained(fact)) {
      delete edited.missing;
      return {};
    }
    edited.missing = 'stated';
    const silent = silentKinds(fact.control, key.tenant, state, context);
    const domain = context.inventory.domain(key.tenant, key.id);
    return { derived: [missingDraft(edited, silent, context.nowMs - fact.atMs, domain, state)] };
  },
};

function isNews(event: CanonicalEvent): boolean {
  const change = event.feature?.['change'] as { changed?: boolean } | undefined;
  return change?.changed === true;
}

function isExplained(fact: ChangeFact): boolean {
  return fact.approval === 'approved' || fact.explainedBy !== undefined;
}

/** A lock that appears protects; nobody has to explain it. */
function isStrengthening(fact: ChangeFact): boolean {
  return (fact.control === 'lock' || fact.control === 'registry_lock') && fact.value === 'enabled';
}

function withdraw(state: StateView, index: number, fact: ChangeFact, eventId: string): Annotation {
  if (fact.missing === undefined || fact.missing === 'withdrawn') return {};
  const edited = editFact(state, index);
  if (edited === undefined) return {};
  if (fact.missing === 'waiting') {
    delete edited.missing;
    return { timers: [{ name: fact.id, atMs: null }] };
  }
  edited.missing = 'withdrawn';
  const approved = fact.approval === 'approved';
  return { derived: [explainedDraft(edited, fact.explainedBy ?? fact.intent ?? eventId, approved)] };
}

/** How long to wait for an explanation; 0 when nothing inside exists that could give one and the domain matters. */
function waitFor(
  fact: ChangeFact,
  event: CanonicalEvent,
  state: StateView,
  context: StepContext,
): { ms: number; silent: readonly string[] } {
  const { tenant } = event;
  const domain = event.domain === undefined ? undefined : context.inventory.domain(tenant, event.domain);
  const account =
    domain?.registrar_account === undefined
      ? undefined
      : context.inventory.account(tenant, domain.registrar_account);
  const feed = account?.event_feed;
  const noFeed = feed === 'none' || feed === 'mail';
  const kinds = explainingKinds(fact.control).filter((kind) => !(noFeed && kind !== 'dns_provider_audit'));
  const existing = kinds
    .map((kind) => context.sources.status(tenant, kind, context.nowMs, heardSources(state, kind)))
    .filter((status) => status !== undefined);
  const silent = silentKinds(fact.control, tenant, state, context);
  const important = (domain?.tier ?? 0) <= ledgerConstants.noWaitTierMax;
  if (existing.length === 0 && important) {
    const unconnected = !noFeed && feed !== undefined ? ['registrar_audit'] : [];
    return { ms: 0, silent: unconnected };
  }
  if (existing.length === 0) return { ms: ledgerConstants.explainPushMs, silent };
  const polled = feed === 'poll' && recordTypeOf(fact.control) === undefined;
  if (!polled) return { ms: ledgerConstants.explainPushMs, silent };
  const intervalMs = Math.max(...existing.map((status) => status.intervalMs));
  const wait = ledgerConstants.explainPollIntervals * intervalMs;
  return { ms: Math.max(wait, ledgerConstants.explainPollMinMs), silent };
}

function silentKinds(control: string, tenant: string, state: StateView, context: StepContext): string[] {
  return explainingKinds(control).filter(
    (kind) => context.sources.status(tenant, kind, context.nowMs, heardSources(state, kind))?.alive === false,
  );
}
