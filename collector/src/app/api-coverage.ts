/** Which sources live, which are silent, and for how long we were blind. */
import { value, type ApiHandler } from '../api/api-endpoint.ts';
import { pageOf } from '../api/page.ts';
import type { CoverageView, DomainCoverage, SourceView } from '../contract/api.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import { formatInstant } from '../leaf/time.ts';
import { readFreshness } from '../4-ledger/coverage.ts';
import { stepContext } from '../engine/surroundings.ts';
import { domainsFor, domainState, type ApiParts } from './api-parts.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;

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

/** How a kind of source covers one domain: what holds for the tenant, and what is known of this very domain. */
export function kindsOfDomain(
  parts: ApiParts,
  { tenant, domain }: Pick<InventoryDomain, 'tenant' | 'domain'>,
  kinds: readonly CoverageView[],
): CoverageView[] {
  const nowMs = parts.around.nowMs();
  const words = lastWords(parts, tenant, domain, nowMs);
  const checks = checksByKind(parts, domain);
  return kinds.map((view) => {
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
      const { source_kind: kind, alive, blind_minutes_24h: blind } = view;
      const check = checks.get(kind);
      const isStale = check?.stale === true || blind > (tenantBlind.get(kind) ?? 0);
      return {
        source_kind: kind,
        state: !alive ? ('silent' as const) : isStale ? ('stale' as const) : ('live' as const),
        blind_minutes_24h: blind,
        last_checked: check?.last_checked ?? null,
        last_seen: view.last_seen,
        interval_ms: view.interval_ms,
      };
    }),
  };
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
