/**
 * Finds who is responsible for a name by asking from the root down, as a resolver does, but without believing anybody
 * except the servers of each zone. Referrals are cached for their TTL, so that a probe a minute asks the root once a day.
 */
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { DnsMessage, DnsRecord } from '../leaf/dns-message.ts';
import { isAtOrBelow } from '../leaf/dns-name.ts';
import { askServer, type ServerAddress } from './dns-exchange.ts';

/** A name server of a zone with the addresses we may ask. */
export interface NameServer {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** A zone cut: the zone and its servers as the zone above says. */
export interface ZoneServers {
  readonly zone: string;
  readonly servers: readonly NameServer[];
}

/**
 * How to ask. `roots` are addresses; `port` is 53 except on test beds; `allow` may refuse an address by false; `from` is the
 * address of ours to ask from. With `ipv6`, hosts without an IPv4 address are asked over IPv6.
 */
export interface LookupOptions {
  readonly roots: readonly string[];
  readonly port: number;
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  readonly allow?: (address: string) => boolean;
  readonly from?: string;
  readonly ipv6?: boolean;
}

/** Walks and caches. One per process. */
export interface IterativeLookup {
  /** Servers of the zone above the cut at `zone`: those who hold its NS and DS. */
  parentOf(zone: string, signal?: AbortSignal): Promise<Outcome<ZoneServers>>;
  /** Addresses of a host, from glue in `hints` first. Empty: none exist or nobody could tell. */
  addressesOf(host: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** Addresses of the servers that the parent delegates the zone to, one per server, sorted; fails when nobody could tell. */
  serversOf(zone: string, signal?: AbortSignal): Promise<Outcome<readonly string[]>>;
  /** One question to one address. */
  ask(address: string, name: string, type: string, signal?: AbortSignal): Promise<Outcome<DnsMessage>>;
}

interface Cached {
  readonly servers: ZoneServers;
  readonly untilMs: number;
}

const depthMax = 12;
const cacheEntriesMax = 20_000;
const cacheMsMax = 86_400_000;
const cacheMsMin = 60_000;

function nsAtCut(message: DnsMessage, above: string, target: string): readonly DnsRecord[] {
  const records = [...message.authorities, ...message.answers].filter(
    (record) =>
      record.type === 'NS' &&
      record.name !== above &&
      isAtOrBelow(record.name, above) &&
      isAtOrBelow(target, record.name),
  );
  const [firstRecord] = records;
  return firstRecord === undefined ? [] : records.filter((record) => record.name === firstRecord.name);
}

/** Glue of a referral: only for names inside the zone that gave it, everything else could be a lie (bailiwick). */
function glueOf(message: DnsMessage, host: string, above: string): string[] {
  if (!isAtOrBelow(host, above)) return [];
  return message.additionals
    .filter((record) => record.name === host && (record.type === 'A' || record.type === 'AAAA'))
    .map((record) => record.data);
}

/** A lookup with an empty cache. */
export function iterativeLookup(options: LookupOptions): IterativeLookup {
  const cache = new Map<string, Cached>();
  const root: ZoneServers = { zone: '.', servers: [{ name: 'root', addresses: options.roots }] };

  async function ask(
    address: string,
    name: string,
    type: string,
    signal?: AbortSignal,
  ): Promise<Outcome<DnsMessage>> {
    if (options.allow?.(address) === false)
      return failed(
        'endpoint_refused',
        `${address} is no public address; outgoing.allow_networks can allow its network`,
      );
    const { from } = options;
    // A vantage of one family cannot ask servers of the other.
    if (from !== undefined && from.includes(':') !== address.includes(':'))
      return failed('endpoint_unreachable', `${address} cannot be reached from ${from}`);
    const server: ServerAddress = {
      address,
      port: options.port,
      ...(from === undefined ? {} : { from }),
    };
    return askServer(
      server,
      { name, type, recursionDesired: false, dnssecOk: type === 'DS', timeoutMs: options.timeoutMs },
      signal,
    );
  }

  /** Asks the servers in order until one gives a usable answer. */
  async function askAny(
    servers: ZoneServers,
    name: string,
    type: string,
    depth: number,
    signal?: AbortSignal,
  ): Promise<Outcome<DnsMessage>> {
    let last: Outcome<never> = failed('endpoint_unreachable', `no server of ${servers.zone} has an address`);
    for (const server of servers.servers) {
      const addresses =
        server.addresses.length > 0 ? server.addresses : await addressesWithin(server.name, depth, signal);
      for (const address of addresses) {
        const reply = await ask(address, name, type, signal);
        if (reply.ok && (reply.value.rcode === 'NOERROR' || reply.value.rcode === 'NXDOMAIN')) return reply;
        last = reply.ok
          ? failed('endpoint_refused', `${address} answered ${reply.value.rcode} for ${name}`)
          : reply;
      }
    }
    return last;
  }

  function remember(servers: ZoneServers, ttlS: number): void {
    if (cache.size >= cacheEntriesMax) cache.delete(cache.keys().next().value!);
    const keepMs = Math.min(Math.max(ttlS * 1000, cacheMsMin), cacheMsMax);
    cache.set(servers.zone, { servers, untilMs: options.nowMs() + keepMs });
  }

  /** Deepest cached cut strictly above `name`. */
  function startFor(name: string): ZoneServers {
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const found = cache.get(name.slice(dot + 1));
      if (found !== undefined && found.untilMs > options.nowMs()) return found.servers;
    }
    return root;
  }

  async function descend(
    target: string,
    depth: number,
    stopAbove: boolean,
    signal?: AbortSignal,
  ): Promise<Outcome<{ servers: ZoneServers; last: DnsMessage | undefined }>> {
    let servers = startFor(target);
    for (let level = 0; level < depthMax; level++) {
      const reply = await askAny(servers, target, stopAbove ? 'NS' : 'A', depth, signal);
      if (!reply.ok) return reply;
      const message = reply.value;
      const cut = message.authoritative ? [] : nsAtCut(message, servers.zone, target);
      const [firstRecord] = cut;
      if (firstRecord === undefined || (stopAbove && firstRecord.name === target))
        return succeeded({ servers, last: message });
      const next: ZoneServers = {
        zone: firstRecord.name,
        servers: cut.map((record) => ({
          name: record.data,
          addresses: glueOf(message, record.data, servers.zone),
        })),
      };
      remember(next, firstRecord.ttl);
      servers = next;
    }
    return failed('bad_wire_format', `delegations towards ${target} are deeper than ${depthMax} levels`);
  }

  async function addressesWithin(
    host: string,
    depth: number,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    // Bounds chains of servers that are named under each other, which would otherwise look each other up for ever.
    if (depth > 3) return [];
    let name = host;
    for (let alias = 0; alias < 4; alias++) {
      const found = await descend(name, depth + 1, false, signal);
      if (!found.ok || found.value.last === undefined) return [];
      const answers = found.value.last.answers;
      const addresses = answers.filter((record) => record.type === 'A').map((record) => record.data);
      if (addresses.length > 0) return addresses;
      if (options.ipv6 === true) {
        const reply = await askAny(found.value.servers, name, 'AAAA', depth + 1, signal);
        const six = reply.ok ? reply.value.answers.filter((record) => record.type === 'AAAA') : [];
        if (six.length > 0) return six.map((record) => record.data);
      }
      const cname = answers.find((record) => record.type === 'CNAME');
      if (cname === undefined) return [];
      name = cname.data;
    }
    return [];
  }

  async function serversOf(zone: string, signal?: AbortSignal): Promise<Outcome<readonly string[]>> {
    const found = await descend(zone, 0, true, signal);
    if (!found.ok) return found;
    const { last } = found.value;
    const records = [...(last?.authorities ?? []), ...(last?.answers ?? [])];
    const hosts = records.filter((record) => record.type === 'NS' && record.name === zone);
    const names = [...new Set(hosts.map((record) => record.data))].sort();
    const addresses = await Promise.all(
      names.map(async (host) => {
        const [glue] = last === undefined ? [] : glueOf(last, host, found.value.servers.zone);
        return glue ?? (await addressesWithin(host, 0, signal))[0];
      }),
    );
    const known = addresses.filter((address) => address !== undefined);
    if (known.length > 0) return succeeded([...new Set(known)].sort());
    return failed('endpoint_unreachable', `no server of ${zone} has an address we could find`);
  }

  return {
    ask,
    serversOf,
    addressesOf: (host, signal) => addressesWithin(host, 0, signal),
    async parentOf(zone, signal) {
      const found = await descend(zone, 0, true, signal);
      if (!found.ok) return found;
      const { servers } = found.value;
      const withAddresses: NameServer[] = [];
      for (const server of servers.servers)
        withAddresses.push(
          server.addresses.length > 0
            ? server
            : { name: server.name, addresses: await addressesWithin(server.name, 1, signal) },
        );
      return succeeded({ zone: servers.zone, servers: withAddresses });
    },
  };
}
