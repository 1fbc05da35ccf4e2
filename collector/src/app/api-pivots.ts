/** Fleet pivot: which domains have the same value now, and since when the tenant knows it. */
import { value, type ApiCall, type ApiHandler } from '../api/api-endpoint.ts';
import { pageOf } from '../api/page.ts';
import type { SharedValueView } from '../contract/api.ts';
import { approvedHolders, sharedValues, type SharedValue } from '../5-feature/pivot.ts';
import { ageText } from '../leaf/age-text.ts';
import { formatInstant } from '../leaf/time.ts';
import { organisationState, shownPerson, type ApiParts } from './api-parts.ts';

const namesShown = 64;

/** `shown`: the value as this caller may see it; nobody finds a person by a name that is veiled for them. */
function isAsked({ query }: ApiCall, { kind, names }: SharedValue, shown: string): boolean {
  const [domain, wanted, q] = [query.get('domain'), query.get('kind'), query.get('q')?.toLowerCase()];
  if (domain !== null && !names.includes(domain)) return false;
  if (wanted !== null && kind !== wanted) return false;
  return q === undefined || shown.toLowerCase().includes(q);
}

function sentence(shared: SharedValue, shown: string, nowMs: number): string {
  const seen = `first seen ${ageText(Math.max(0, nowMs - shared.firstMs))}`;
  return shared.kind === 'actor'
    ? `${shared.domains} domains were changed by ${shown} without approval, ${seen}`
    : `${shared.domains} domains now have ${shown}, ${seen}`;
}

interface Found {
  readonly tenant: string;
  readonly shared: SharedValue;
  readonly shown: string;
}

function foundFor(parts: ApiParts, call: ApiCall, tenant: string): Found[] {
  const state = organisationState(parts, tenant);
  if (state === undefined) return [];
  return sharedValues(state)
    .map((shared) => {
      const { kind, value: text } = shared;
      return { tenant, shared, shown: kind === 'actor' ? shownPerson(call, tenant, text) : text };
    })
    .filter(({ shared, shown }) => isAsked(call, shared, shown));
}

function viewOf(parts: ApiParts, { tenant, shared, shown }: Found): SharedValueView {
  const { kind, domains, names, firstMs } = shared;
  const context = { inventory: parts.collector.tables.inventory.latest() };
  return {
    tenant,
    kind,
    value: shown,
    domains,
    names: names.slice(0, namesShown),
    first_seen: formatInstant(firstMs),
    approved: approvedHolders(context, tenant, shared.value).length,
    text: sentence(shared, shown, parts.around.nowMs()),
  };
}

/** Handler of shared values. */
export function pivotHandlers(parts: ApiParts): Record<string, ApiHandler> {
  return {
    'GET /pivots': (call) => {
      const found = call.tenants.flatMap((tenant) => foundFor(parts, call, tenant));
      // The newest first: the key falls as time grows.
      const key = ({ tenant, shared, shown }: Found): string =>
        `${String(9e15 - shared.firstMs).padStart(17, '0')} ${shared.kind} ${shown} ${tenant}`;
      return value(pageOf(found, key, call.page, (each) => viewOf(parts, each)));
    },
  };
}
