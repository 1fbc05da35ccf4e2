/** Which sources live, which are silent, and for how long we were blind. */
import { value, type ApiHandler } from '../api/api-endpoint.ts';
import { pageOf } from '../api/page.ts';
import type { CoverageView, DomainCoverage, SourceView } from '../contract/api.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import { formatInstant } from '../leaf/time.ts';
import { readFreshness } from '../4-ledger/coverage.ts';
import { heardSources } from '../contract/ledger.ts';
import { entityKey } from '../engine/annotate-operator.ts';
import { stepContext } from '../engine/surroundings.ts';
import { domainsFor, domainState, type ApiParts } from './api-parts.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** People asked per account: the rest are told by the same directory nearly always. */
const adminsAsked = 16;

function silentAmong(
  parts: ApiParts,
  tenant: string,
  kind: string,
  ids: readonly string[],
  nowMs: number,
): string[] {
  const { sources } = parts.collector.tables;
  return ids.filter((id) => sources.status(tenant, kind, nowMs, [id])?.alive === false);
}

/** Liveness by kind for a tenant; feeds that all tenants share are part of every tenant. */
export function coverageOfTenant(parts: ApiParts, tenant: string): CoverageView[] {
  const nowMs = parts.around.nowMs();
  const { tables, watch } = parts.collector;
  const byKind = new Map<string, CoverageView>();
  for (const status of tables.sources.kinds(tenant, nowMs)) {
    const signs = [...watch.lives.values()]
      .filter(({ source }) => source.kind === status.kind && [tenant, '*'].includes(source.tenant))
      .map(({ lastMs }) => lastMs);
    const blind = tables.sources.silentMs(tenant, status.kind, nowMs - dayMs, nowMs);
    byKind.set(status.kind, {
      source_kind: status.kind,
      alive: status.alive,
      interval_ms: status.intervalMs,
      silent_since: status.silentSinceMs === undefined ? null : formatInstant(status.silentSinceMs),
      last_seen: signs.length === 0 ? null : formatInstant(Math.max(...signs)),
      blind_minutes_24h: Math.round(blind / minuteMs),
      silent_sources: silentAmong(parts, tenant, status.kind, tables.sources.ids(tenant, status.kind), nowMs),
    });
  }
  return [...byKind.values()].sort((a, b) => (a.source_kind < b.source_kind ? -1 : 1));
}

function sourceViews(parts: ApiParts, tenants: readonly string[]): SourceView[] {
  return parts.collector.counters
    .figures()
    .filter(({ identity }) => identity.tenant === '*' || tenants.includes(identity.tenant))
    .map((figures) => ({
      id: figures.identity.id,
      feed: figures.identity.feed,
      source_kind: figures.identity.kind,
      tenant: figures.identity.tenant,
      alive: figures.alive,
      interval_ms: figures.identity.intervalMs,
      last_sign_at: formatInstant(figures.lastSuccessMs),
      records: figures.records,
      rejected: figures.rejected,
      duplicates: figures.duplicates,
      gaps: figures.gaps,
      gap_minutes: Math.round(figures.gapMs / minuteMs),
    }));
}

/** Over several tenants a kind is as well covered as in the tenant that is worst off. */
function worstOf(views: readonly CoverageView[]): CoverageView[] {
  const byKind = new Map<string, CoverageView>();
  for (const view of views) {
    const known = byKind.get(view.source_kind);
    const worse =
      known === undefined ||
      (known.alive && !view.alive) ||
      (known.alive === view.alive && view.silent_sources.length > known.silent_sources.length) ||
      (known.alive === view.alive && view.blind_minutes_24h > known.blind_minutes_24h);
    if (worse) byKind.set(view.source_kind, view);
  }
  return [...byKind.values()].sort((a, b) => (a.source_kind < b.source_kind ? -1 : 1));
}

const kindOfCheck = { delegation: 'delegation_probe', answers: 'answer_probe', rdap: 'rdap_poll' } as const;

/** Kinds that look at every domain again and again: their silence about one domain is blindness. Others speak when something changes. */
const lookingKinds: ReadonlySet<string> = new Set([
  'delegation_probe',
  'answer_probe',
  'rdap_poll',
  'zone_feed',
  'registrar_api_state',
  'dns_provider_api_state',
]);
const missedLooks = 3;

/** Last word of each kind about a domain, from its ledger. */
function lastWords(parts: ApiParts, tenant: string, domain: string, nowMs: number): Map<string, number> {
  const state = domainState(parts, tenant, domain);
  const words = new Map<string, number>();
  if (state === undefined) return words;
  const context = stepContext(parts.collector.tables, nowMs, nowMs, false, false);
  for (const { kind, ageMs } of readFreshness(state, tenant, context))
    words.set(kind, Math.max(words.get(kind) ?? 0, nowMs - ageMs));
  return words;
}

type DomainCheck = ReturnType<ApiParts['collector']['checksOf']>[number];

function checksByKind(parts: ApiParts, domain: string): Map<string, DomainCheck> {
  return new Map(parts.collector.checksOf(domain).map((check) => [kindOfCheck[check.kind], check]));
}

/** Sources heard about a domain and, for what is keyed by person, about the people who may act in its account. */
function sourcesAbout(
  parts: ApiParts,
  { tenant, domain }: Pick<InventoryDomain, 'tenant' | 'domain'>,
): (kind: string) => string[] {
  const { tables, host } = parts.collector;
  const inventory = tables.inventory.latest();
  const account = inventory.domain(tenant, domain)?.registrar_account;
  const admins = account === undefined ? [] : (inventory.account(tenant, account)?.admins ?? []);
  const people = admins.slice(0, adminsAsked).map((admin) => {
    const id = inventory.principal(tenant, admin)?.id ?? admin;
    return host.engine.view('principal', tenant, entityKey(tenant, id));
  });
  const states = [domainState(parts, tenant, domain), ...people].filter((state) => state !== undefined);
  return (kind) => {
    const heard = new Set(states.flatMap((state) => heardSources(state, kind)));
    return tables.sources.ids(tenant, kind).filter((id) => heard.has(id));
  };
}

/** How a kind of source covers one domain: what holds for the tenant, and what is known of this very domain. */
export function kindsOfDomain(
  parts: ApiParts,
  { tenant, domain }: Pick<InventoryDomain, 'tenant' | 'domain'>,
  kinds: readonly CoverageView[],
): CoverageView[] {
  const nowMs = parts.around.nowMs();
  const words = lastWords(parts, tenant, domain, nowMs);
  const checks = checksByKind(parts, domain);
  const idsOf = sourcesAbout(parts, { tenant, domain });
  return kinds.map((ofTenant) => {
    const view = ofSources(parts, tenant, ofTenant, idsOf(ofTenant.source_kind), nowMs);
    const lastMs = words.get(view.source_kind);
    if (lastMs === undefined) return { ...view, last_seen: null };
    const missingMs = nowMs - lastMs - view.interval_ms;
    const check = checks.get(view.source_kind);
    const isMissing =
      check?.stale !== false &&
      lookingKinds.has(view.source_kind) &&
      missingMs > (missedLooks - 1) * view.interval_ms;
    const blind = isMissing ? Math.round(Math.min(dayMs, missingMs) / minuteMs) : 0;
    return {
      ...view,
      last_seen: formatInstant(lastMs),
      blind_minutes_24h: Math.max(view.blind_minutes_24h, blind),
    };
  });
}

/** A kind as it is for a domain that only these of its sources speak about; none: nobody knows which do. */
function ofSources(
  parts: ApiParts,
  tenant: string,
  view: CoverageView,
  ids: readonly string[],
  nowMs: number,
): CoverageView {
  const { sources } = parts.collector.tables;
  const { source_kind: kind } = view;
  const status = ids.length === 0 ? undefined : sources.status(tenant, kind, nowMs, ids);
  if (status === undefined) return view;
  return {
    ...view,
    alive: status.alive,
    interval_ms: status.intervalMs,
    silent_since: status.silentSinceMs === undefined ? null : formatInstant(status.silentSinceMs),
    blind_minutes_24h: Math.round(sources.silentMs(tenant, kind, nowMs - dayMs, nowMs, ids) / minuteMs),
    silent_sources: silentAmong(parts, tenant, kind, ids, nowMs),
  };
}

/** Kinds of a tenant, with what ledger and probes know about this very domain. */
function coverageOfDomain(
  parts: ApiParts,
  entry: InventoryDomain,
  kinds: readonly CoverageView[],
): DomainCoverage {
  const { tenant, domain } = entry;
  const tenantBlind = new Map(kinds.map((view) => [view.source_kind, view.blind_minutes_24h]));
  const checks = checksByKind(parts, domain);
  return {
    tenant,
    domain,
    tier: entry.tier ?? null,
    team: entry.team ?? null,
    kinds: kindsOfDomain(parts, entry, kinds).map((view) => {
      const { source_kind: kind, alive, blind_minutes_24h: blind, silent_sources: silent } = view;
      const check = checks.get(kind);
      const isStale = check?.stale === true || blind > (tenantBlind.get(kind) ?? 0);
      return {
        source_kind: kind,
        state: stateOf(alive, isStale, silent.length > 0),
        silent_sources: silent,
        blind_minutes_24h: blind,
        last_checked: check?.last_checked ?? null,
        last_seen: view.last_seen,
        interval_ms: view.interval_ms,
      };
    }),
  };
}

type DomainState = DomainCoverage['kinds'][number]['state'];

function stateOf(alive: boolean, isStale: boolean, isPartial: boolean): DomainState {
  if (!alive) return 'silent';
  if (isStale) return 'stale';
  return isPartial ? 'partial' : 'live';
}

/** Handler of coverage. */
export function coverageHandlers(parts: ApiParts): Record<string, ApiHandler> {
  return {
    'GET /coverage/domains': (call) => {
      const kinds = new Map(call.tenants.map((tenant) => [tenant, coverageOfTenant(parts, tenant)]));
      return value(
        pageOf(
          domainsFor(parts, call),
          ({ tenant, domain }) => `${domain} ${tenant}`,
          call.page,
          (entry) => coverageOfDomain(parts, entry, kinds.get(entry.tenant) ?? []),
        ),
      );
    },
    'GET /coverage': (call) =>
      value({
        sources: sourceViews(parts, call.tenants),
        kinds: worstOf(call.tenants.flatMap((tenant) => coverageOfTenant(parts, tenant))),
      }),
  };
}
