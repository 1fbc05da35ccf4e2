/** Which sources live, which are silent, and for how long we were blind. */
import { value, type ApiHandler } from '../api/api-endpoint.ts';
import { pageOf } from '../api/page.ts';
import type { CoverageView, DomainCoverage, SourceView } from '../contract/api.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import { formatInstant } from '../leaf/time.ts';
import { domainsFor, type ApiParts } from './api-parts.ts';

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

/** Kinds of a tenant, with what the probes know about this very domain. */
function coverageOfDomain(
  parts: ApiParts,
  entry: InventoryDomain,
  kinds: readonly CoverageView[],
): DomainCoverage {
  const { tenant, domain } = entry;
  const checks = new Map(
    parts.collector.checksOf(domain).map((check) => [kindOfCheck[check.kind] as string, check]),
  );
  return {
    tenant,
    domain,
    tier: entry.tier ?? null,
    team: entry.team ?? null,
    kinds: kinds.map(({ source_kind: kind, alive, blind_minutes_24h: blind }) => {
      const check = checks.get(kind);
      return {
        source_kind: kind,
        state: !alive ? ('silent' as const) : check?.stale === true ? ('stale' as const) : ('live' as const),
        blind_minutes_24h: blind,
        last_checked: check?.last_checked ?? null,
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
