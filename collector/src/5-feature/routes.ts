/** Routes of name servers and important hosts (Q05). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, StateView, StepContext } from '../contract/step.ts';
import { ipInCidr } from '../leaf/ip-address.ts';
import { isCriticalHost } from './change-weight.ts';

interface Addresses {
  /** Name server address to the domains it serves. */
  of: Record<string, string[]>;
  /** Origins seen per prefix. */
  origins: Record<string, string[]>;
  evicted: number;
}

const addressesMax = 2048;
const originsMax = 512;

/** Annotator that adds `feature.route` to changes of the origin of a prefix, and learns name server addresses. */
export const routes: Annotator = {
  name: 'routes',
  scope: 'organisation',
  wants: [
    'dnsquery.route.origin_changed',
    'registrar.domain.state_observed',
    'registrar.domain.glue_changed',
  ],
  bounded: ['routes'],
  step(state, message, context) {
    if (message.kind !== 'event') return {};
    const { event } = message;
    if (event.event_type !== 'dnsquery.route.origin_changed') {
      learnAddresses(state, event);
      return {};
    }
    return { features: { route: routeOf(state, event, context) } };
  },
};

function learnAddresses(state: StateView, event: CanonicalEvent): void {
  if (event.attribute !== 'nameserver_addresses' && event.event_type !== 'registrar.domain.glue_changed')
    return;
  if (event.domain === undefined || !Array.isArray(event.new_value)) return;
  const book = state.edit<Addresses>('routes', () => ({ of: {}, origins: {}, evicted: 0 }));
  for (const item of event.new_value) {
    const address = item.split(' ').at(-1) ?? '';
    const domains = Object.hasOwn(book.of, address) ? (book.of[address] ?? []) : [];
    if (domains.includes(event.domain) || domains.length >= 64 || address === '__proto__') continue;
    book.of[address] = [...domains, event.domain].sort();
  }
  for (const address of Object.keys(book.of).slice(
    0,
    Math.max(0, Object.keys(book.of).length - addressesMax),
  )) {
    delete book.of[address];
    book.evicted += 1;
  }
}

const servedTierMax = 1;

/** Important domains whose apex or critical hosts the inventory expects at an address inside the prefix. */
function servedInside(prefix: string, event: CanonicalEvent, context: StepContext): string[] {
  if (prefix === '') return [];
  return context.inventory
    .domains(event.tenant)
    .filter(
      ({ domain, tier, critical_hosts: hosts = [], approved }) =>
        (tier ?? 0) <= servedTierMax &&
        approved?.records?.some(
          ({ name, type, values }) =>
            (type === 'A' || type === 'AAAA') &&
            isCriticalHost(name, domain, hosts) &&
            values.some((address) => ipInCidr(address, prefix)),
        ) === true,
    )
    .map(({ domain }) => domain);
}

function routeOf(state: StateView, event: CanonicalEvent, context: StepContext): FeatureOf<'route'> {
  const book = state.get<Addresses>('routes');
  const prefix = typeof event.source?.['prefix'] === 'string' ? event.source['prefix'] : '';
  const covering = event.source?.['covering_prefix'];
  const domains = new Set<string>();
  for (const [address, names] of Object.entries(book?.of ?? {}))
    if (prefix !== '' && ipInCidr(address, prefix)) for (const name of names) domains.add(name);
  const served = servedInside(prefix, event, context);
  const key = typeof covering === 'string' ? covering : prefix;
  const origin = String(event.new_value ?? '');
  const seen = book !== undefined && Object.hasOwn(book.origins, key) ? (book.origins[key] ?? []) : [];
  const isNew = !seen.includes(origin) && origin !== String(event.old_value ?? '');
  noteOrigins(state, key, [String(event.old_value ?? '')]);
  return {
    covers_nameserver: domains.size > 0,
    covers_service: served.length > 0,
    more_specific: typeof covering === 'string' && covering !== prefix,
    rpki_invalid: event.source?.['rpki'] === 'invalid',
    origin_new: isNew,
    domains: [...new Set([...domains, ...served])].sort().slice(0, 64),
    known: Object.keys(book?.of ?? {}).length > 0,
  };
}

/** Only the origin that a prefix had before is learned: the new one may be the hijack. */
function noteOrigins(state: StateView, key: string, origins: readonly string[]): void {
  if (key === '' || key === '__proto__') return;
  const book = state.edit<Addresses>('routes', () => ({ of: {}, origins: {}, evicted: 0 }));
  const known = Object.hasOwn(book.origins, key) ? (book.origins[key] ?? []) : [];
  book.origins[key] = [...new Set([...known, ...origins.filter((origin) => origin !== '')])].slice(-8);
  const keys = Object.keys(book.origins);
  if (keys.length <= originsMax) return;
  delete book.origins[keys[0] ?? ''];
  book.evicted += 1;
}
