/**
 * Which addresses outgoing connections may reach. Feeds, RDAP servers and webhooks are named by configuration and by
 * other people's answers, so an address is judged where it is used: inside the socket's own look-up, after every
 * redirect, and for every answer of the resolver (server-side request forgery, CWE-918).
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import { canonicalIp } from '../leaf/ip-address.ts';

/** What is allowed beyond public addresses over TLS. */
export interface OutgoingAllowance {
  /** Networks in CIDR form, e.g. `10.0.0.0/8`. */
  readonly allowNetworks: readonly string[];
  /** Host names or addresses that may be spoken to without TLS. */
  readonly allowPlainHttp: readonly string[];
  /** Only these hosts may be reached at all; absent: any. */
  readonly hosts?: readonly string[];
}

/** All addresses of a host name, as the system's resolver gives them. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Judge of outgoing connections. */
export interface OutgoingPolicy {
  /** Judges scheme, host and literal address; names are judged by `lookup` when the socket connects. */
  check(url: URL): Outcome<undefined>;
  /** Look-up for `net.connect`: fails unless every address of the name is allowed, then gives only what was checked. */
  readonly lookup: LookupFunction;
  /** True when this address may be reached. */
  allows(address: string): boolean;
}

// RFC 6890 and the IANA special-purpose address registries, read 2026-11; multicast and reserved space included.
const refusedIpv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
// Only global unicast is reachable, less what tunnels to an IPv4 address or is set aside inside it.
const globalIpv6 = ['2000::/3'];
const refusedIpv6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const refused = blockList([...refusedIpv4, ...refusedIpv6]);
const global = blockList(globalIpv6);

/** True for addresses of the public Internet; false for everything private, local, reserved or unreadable. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !refused.check(address, 'ipv4');
  if (family !== 6 || address.includes('%')) return false;
  return global.check(address, 'ipv6') && !refused.check(address, 'ipv6');
}

/** Builds the judge. Malformed networks were refused by the configuration and are ignored here. */
export function createOutgoingPolicy(
  allowance: OutgoingAllowance,
  resolve: Resolve = resolveBySystem,
): OutgoingPolicy {
  const allowed = blockList(allowance.allowNetworks);
  const allows = (address: string): boolean => isPublicAddress(address) || listed(allowed, address);
  const plain = new Set(allowance.allowPlainHttp.map((host) => host.toLowerCase()));
  const hosts =
    allowance.hosts === undefined ? undefined : new Set(allowance.hosts.map((host) => host.toLowerCase()));
  const check = (url: URL): Outcome<undefined> => {
    const host = hostOf(url).replace(/\.$/, '');
    const secure = url.protocol === 'https:' || url.protocol === 'wss:';
    if (!secure && url.protocol !== 'http:' && url.protocol !== 'ws:')
      return refusal(url, `scheme ${url.protocol} is not allowed`);
    if (!secure && !plain.has(host))
      return refusal(url, 'TLS is required; list the host under outgoing.allow_plain_http to do without');
    if (url.username !== '' || url.password !== '')
      return refusal(url, 'credentials in a URL are not allowed');
    if (hosts !== undefined && !hosts.has(host))
      return refusal(url, 'the host is not one this connector may reach');
    if (isIP(host) !== 0 && !allows(host)) return refusal(url, addressRefusal(host));
    return succeeded(undefined);
  };
  return { check, allows, lookup: guardedLookup(resolve, allows) };
}

// What no sink is on: this host's link, cloud metadata services, multicast and reserved space.
const neverSinksIpv4 = [
  '0.0.0.0/8',
  '100.100.100.200/32',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
const neverSinksIpv6 = ['::/128', 'fe80::/10', 'ff00::/8', 'fd00:ec2::254/128'];
const neverSinks = blockList([...neverSinksIpv4, ...neverSinksIpv6]);

/**
 * Look-up for sinks, whose addresses come from the operator alone and mostly lie in the own network: private addresses are meant,
 * but a name must not lead to a metadata service or the link of this host (DNS rebinding) unless `allowNetworks` has it.
 */
export function sinkLookup(
  allowNetworks: readonly string[],
  resolve: Resolve = resolveBySystem,
): LookupFunction {
  const allowed = blockList(allowNetworks);
  return guardedLookup(resolve, (address) => listed(allowed, address) || isSinkAddress(address));
}

/** Host of a URL, an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** The host of a URL when it is an address; undefined: a name, or no URL. */
function literalAddress(url: string): string | undefined {
  const host = URL.canParse(url) ? hostOf(new URL(url)) : '';
  return isIP(host) === 0 ? undefined : host;
}

/** Why no sink may be at this URL, whose host is an address: a look-up never sees those. Undefined: nothing against it. */
export function sinkAddressRefusal(url: string, allowNetworks: readonly string[]): string | undefined {
  const host = literalAddress(url);
  if (host === undefined || isSinkAddress(host) || listed(blockList(allowNetworks), host)) return undefined;
  return `${host} is an address of this host's link, a metadata service or reserved; list its network under outgoing.allow_networks if it is meant`;
}

/** Why no source may be at this URL, whose host is an address: its first connection would be refused. Undefined: nothing against it. */
export function sourceAddressRefusal(url: string, allowNetworks: readonly string[]): string | undefined {
  const host = literalAddress(url);
  if (host === undefined || isPublicAddress(host) || listed(blockList(allowNetworks), host)) return undefined;
  return addressRefusal(host);
}

function isSinkAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  // An IPv4 address in IPv6 clothes is judged as what it is.
  const plain = canonicalIp(address) ?? address;
  return !neverSinks.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6');
}

function guardedLookup(resolve: Resolve, allows: (address: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (addresses) => {
        const outside = addresses.find((address) => !allows(address));
        if (addresses.length === 0) callback(refusedError(`${host} has no address`, 'ENOTFOUND'), '', 0);
        else if (outside !== undefined)
          callback(refusedError(addressRefusal(outside), 'EREFUSED_ADDRESS'), '', 0);
        else if (options.all === true)
          callback(
            null,
            addresses.map((address) => ({ address, family: isIP(address) })),
            0,
          );
        else callback(null, addresses[0] ?? '', isIP(addresses[0] ?? ''));
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 0),
    );
  };
}

async function resolveBySystem(host: string): Promise<readonly string[]> {
  return (await systemLookup(host, { all: true })).map((answer) => answer.address);
}

function addressRefusal(address: string): string {
  return `address ${address} is not public; list its network under outgoing.allow_networks if it is meant`;
}

function refusal(url: URL, why: string): Outcome<never> {
  return failed('endpoint_unreachable', `${url.protocol}//${url.host} refused by policy: ${why}`);
}

function refusedError(message: string, code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    const family = isIP(address);
    if (family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
      list.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function listed(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !address.includes('%') && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
