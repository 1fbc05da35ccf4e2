/** Sources that look from outside, as running ones: one line per transport. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceIdentity, SourceRun, Surroundings } from '../contract/component.ts';
import type { OutgoingPolicy } from '../1-source/address-policy.ts';
import { answerAttributes, readAnswers } from '../1-source/answer-probe/answer-reading.ts';
import { fileBeliefStore } from '../1-source/belief-store.ts';
import { delegationAttributes } from '../1-source/delegation-probe/delegation-attributes.ts';
import { readDelegation } from '../1-source/delegation-probe/delegation-reading.ts';
import type { ServerAddress } from '../1-source/dns-exchange.ts';
import { fileZoneStore } from '../1-source/dns-xfr/zone-store.ts';
import { zoneWatch } from '../1-source/dns-xfr/zone-watch.ts';
import { dnstapReceiver } from '../1-source/dnstap/dnstap-receiver.ts';
import { iterativeLookup, type IterativeLookup } from '../1-source/iterative-lookup.ts';
import type { OutgoingClient } from '../1-source/outgoing-http.ts';
import { probeBudget, probeIntervalsMs, type ProbeKind } from '../1-source/probe-budget.ts';
import { probeWatch, type Look } from '../1-source/probe-watch.ts';
import { rdapSource } from '../1-source/rdap/rdap-source.ts';
import { fileSnapshotStore } from '../1-source/rdap/snapshot-store.ts';
import { rootServers } from '../1-source/root-servers.ts';
import type { ScheduledSource } from '../1-source/scheduled-checks.ts';
import { canonicalName } from '../leaf/domain-name.ts';
import type { Config } from './config-schema.ts';
import type { WitnessSourceConfig } from './config-witness-sources.ts';
import type { MonitoredDomains } from './monitored-domains.ts';

type Of<V extends WitnessSourceConfig['via']> = Extract<WitnessSourceConfig, { via: V }>;

/** What building such a source needs besides its configuration. */
export interface WitnessParts {
  readonly config: Pick<Config, 'data'>;
  readonly policy: OutgoingPolicy;
  readonly client: OutgoingClient;
  readonly around: Surroundings;
  readonly domains: MonitoredDomains;
  readonly identity: (source: WitnessSourceConfig, intervalMs: number) => SourceIdentity;
}

/** The list of RDAP servers that is part of the program. */
function shippedBootstrapPath(): string {
  return fileURLToPath(new URL('../../data/rdap-bootstrap.json', import.meta.url));
}

const secondMs = 1000;
const notifyHoldMs = 200;

/** `address` or `address#port`, as the schema has checked. */
function serverOf(text: string): ServerAddress {
  const [address = '', port] = text.split('#');
  return port === undefined ? { address } : { address, port: Number(port) };
}

function intervalsOf(kind: ProbeKind, seconds: readonly number[]): typeof probeIntervalsMs {
  const [first = 1, second = 1, third = 1, fourth = 1] = seconds.map((each) => each * secondMs);
  return { ...probeIntervalsMs, [kind]: [first, second, third, fourth] };
}

/** Everything above the first label: one registry, one budget. */
function registryOf(domain: string): string {
  return domain.slice(domain.indexOf('.') + 1);
}

function lookups(source: Of<'probe'>, parts: WitnessParts): { vantage: string; lookup: IterativeLookup }[] {
  const options = {
    roots: source.roots.length > 0 ? source.roots : rootServers,
    port: source.port,
    timeoutMs: source.timeout_ms,
    nowMs: parts.around.nowMs,
    allow: (address: string) => parts.policy.allows(address),
    ipv6: source.ipv6,
  };
  if (source.source_addresses.length === 0)
    return [{ vantage: source.instance ?? source.id, lookup: iterativeLookup(options) }];
  return source.source_addresses.map((from) => ({
    vantage: from,
    lookup: iterativeLookup({ ...options, from }),
  }));
}

function delegationLook(source: Of<'probe'>, parts: WitnessParts): Look {
  const vantages = lookups(source, parts);
  return async ({ domain }, signal) =>
    delegationAttributes(
      await Promise.all(
        vantages.map(async ({ vantage, lookup }) => ({
          vantage,
          look: await readDelegation(lookup, domain, vantage, signal),
        })),
      ),
    );
}

function answerLook(source: Of<'probe'>, parts: WitnessParts): Look {
  const vantages = lookups(source, parts);
  const resolvers = source.resolvers.map(serverOf);
  return async ({ domain, criticalHosts, dkimSelectors }, signal, keys) => {
    const views = await Promise.all(
      vantages.map(async ({ lookup }, at) => {
        const servers = await lookup.serversOf(domain, signal);
        const from = source.source_addresses[at];
        return readAnswers(
          { zone: domain, criticalHosts, dkimSelectors },
          {
            authoritative: (servers.ok ? servers.value : []).filter((address) =>
              parts.policy.allows(address),
            ),
            authoritativePort: source.port,
            // Resolvers are vantages of their own: once is enough.
            resolvers: at === 0 ? resolvers : [],
            timeoutMs: source.timeout_ms,
            ...(from === undefined ? {} : { from }),
            ...(keys === undefined ? {} : { keys }),
          },
          signal,
        );
      }),
    );
    return answerAttributes(views.flat());
  };
}

function probe(source: Of<'probe'>, parts: WitnessParts): ScheduledSource {
  const isDelegation = source.feed === 'delegation-probe';
  const kind = isDelegation ? 'delegation' : 'answers';
  const limits = { perSecond: source.rate_per_s, burst: source.rate_per_s };
  return probeWatch(
    {
      feed: source.feed,
      id: source.id,
      tenant: source.tenant ?? '*',
      ...(source.instance === undefined ? {} : { instance: source.instance }),
      domains: parts.domains,
      budget: probeBudget({}, intervalsOf(kind, source.intervals_s)),
      bucketsOf: (domain) => [{ name: isDelegation ? registryOf(domain) : 'answers', limits }],
      beliefs: fileBeliefStore(join(parts.config.data, 'probes', source.id)),
      look: isDelegation ? delegationLook(source, parts) : answerLook(source, parts),
      concurrency: source.concurrency,
      suspicionMs: source.suspicion_s * secondMs,
    },
    parts.around,
  );
}

function transfer(source: Of<'transfer'>, parts: WitnessParts): SourceRun {
  const { key } = source;
  const peers = source.primaries.map((text) => ({
    server: serverOf(text),
    idleMs: source.timeout_ms,
    recordsMax: source.records_max,
    nowMs: parts.around.nowMs,
    ...(key === undefined
      ? {}
      : {
          key: {
            name: canonicalName(key.name) ?? key.name,
            algorithm: key.algorithm,
            secret: Buffer.from(key.secret.reveal(), 'base64'),
          },
        }),
  }));
  const notify = source.notify === undefined ? undefined : serverOf(source.notify);
  return zoneWatch(
    {
      tenant: source.tenant,
      id: source.id,
      zones: source.zones.map((zone) => ({
        zone,
        peers,
        refreshMs: source.refresh_s * secondMs,
        retryMs: source.retry_s * secondMs,
      })),
      ...(notify === undefined ? {} : { notify: { address: notify.address, port: notify.port ?? 53 } }),
      store: fileZoneStore(join(parts.config.data, 'zones', source.id)),
      notifyHoldMs,
    },
    parts.around,
  );
}

function dnstap(source: Of<'dnstap'>, parts: WitnessParts): SourceRun {
  const { address, port = 0 } = serverOf(source.listen ?? '');
  return dnstapReceiver(
    {
      tenant: source.tenant,
      id: source.id,
      endpoint: source.path === undefined ? { address, port } : { path: source.path },
      limits: {
        windowMs: source.window_s * secondMs,
        domainsMax: source.domains_max,
        networksMax: source.networks_max,
        answerSetsMax: source.answer_sets_max,
      },
      watchedDomain: (name) => parts.domains.domainOf(name, source.tenant),
      connectionsMax: source.connections_max,
      singleFrames: source.single_queries,
    },
    parts.around,
  );
}

function rdap(source: Of<'rdap'>, parts: WitnessParts): ScheduledSource {
  const place = join(parts.config.data, 'rdap', source.id);
  return rdapSource(
    {
      id: source.id,
      tenant: source.tenant ?? '*',
      ...(source.instance === undefined ? {} : { instance: source.instance }),
      domains: parts.domains,
      budget: probeBudget({}, intervalsOf('rdap', source.intervals_s)),
      ratePerMinute: source.rate_per_minute,
      bootstrapUrl: source.bootstrap_url,
      shippedBootstrap: shippedBootstrapPath(),
      refreshedBootstrap: join(place, 'bootstrap.json'),
      servers: source.servers,
      store: fileSnapshotStore(join(place, 'snapshots')),
      client: parts.client,
      timeoutMs: source.timeout_ms,
      concurrency: source.concurrency,
      suspicionMs: source.suspicion_s * secondMs,
    },
    parts.around,
  );
}

/** Builds one configured source; nothing connects before `run`. */
export function witnessSource(source: WitnessSourceConfig, parts: WitnessParts): SourceRun {
  switch (source.via) {
    case 'probe':
      return probe(source, parts);
    case 'transfer':
      return transfer(source, parts);
    case 'dnstap':
      return dnstap(source, parts);
    case 'rdap':
      return rdap(source, parts);
  }
}
