/** One look at a delegation: NS, DS and glue at every server of the parent, NS and SOA at every server of the zone. */
import type { DnsMessage } from '../../leaf/dns-message.ts';
import { isAtOrBelow } from '../../leaf/dns-name.ts';
import type { Outcome } from '../../contract/outcome.ts';
import { soaSerial } from '../../leaf/zone-transfer.ts';
import type { IterativeLookup } from '../iterative-lookup.ts';
import type { Reading } from '../probe-state.ts';

/** What one server of the parent said. `problem` says why it could not tell. */
export interface ParentView {
  readonly server: string;
  readonly address: string;
  readonly ns: Reading;
  readonly ds: Reading;
  /** `host address` of in-bailiwick servers. */
  readonly glue: Reading;
  readonly problem?: string;
}

/** What one server of the zone said about itself. `serial` absent: it does not serve the zone, or could not be asked. */
export interface ChildView {
  readonly server: string;
  readonly address: string;
  readonly ns: Reading;
  readonly serial?: number;
  /** True: it answered, but not with authority for this zone (lame). Undefined: could not tell. */
  readonly lame?: boolean;
  readonly problem?: string;
}

/** All views of one zone. `problem` set: the parent could not be found, nothing is known. */
export interface DelegationReading {
  readonly zone: string;
  readonly parent: string | undefined;
  readonly parents: readonly ParentView[];
  readonly children: readonly ChildView[];
  readonly problem?: string;
}

const parentServersMax = 4;
const childServersMax = 8;

function unknown(vantage: string): Reading {
  return { vantage, outcome: 'unknown', value: [] };
}

function reading(vantage: string, value: readonly string[]): Reading {
  return { vantage, outcome: value.length > 0 ? 'answer' : 'absent', value: [...new Set(value)].sort() };
}

/** NS of the cut: in the authority section of a referral, in the answer where parent and child share a server. */
function cutServers(message: DnsMessage, zone: string): string[] {
  const from = message.answers.some((record) => record.type === 'NS' && record.name === zone)
    ? message.answers
    : message.authorities;
  return from.filter((record) => record.type === 'NS' && record.name === zone).map((record) => record.data);
}

function dsReading(vantage: string, reply: Outcome<DnsMessage>, zone: string): Reading {
  if (!reply.ok || (reply.value.rcode !== 'NOERROR' && reply.value.rcode !== 'NXDOMAIN'))
    return unknown(vantage);
  const ds = reply.value.answers.filter((record) => record.type === 'DS' && record.name === zone);
  // Only the parent may say that there is no DS; a referral in answer to DS says nothing (RFC 4035 section 3.1.4.1).
  if (ds.length === 0 && !reply.value.authoritative) return unknown(vantage);
  return reading(
    vantage,
    ds.map((record) => record.data),
  );
}

function nsProblem(reply: Outcome<DnsMessage>): string | undefined {
  if (!reply.ok) return reply.failure.message;
  const { rcode } = reply.value;
  return rcode === 'NOERROR' || rcode === 'NXDOMAIN' ? undefined : `answered ${rcode}`;
}

async function viewParent(
  lookup: IterativeLookup,
  zone: string,
  server: string,
  address: string,
  vantage: string,
  signal?: AbortSignal,
): Promise<ParentView> {
  const source = `${vantage}/${address}`;
  const [nsReply, dsReply] = await Promise.all([
    lookup.ask(address, zone, 'NS', signal),
    lookup.ask(address, zone, 'DS', signal),
  ]);
  const problem = nsProblem(nsReply);
  if (problem !== undefined || !nsReply.ok)
    return {
      server,
      address,
      ns: unknown(source),
      ds: dsReading(source, dsReply, zone),
      glue: unknown(source),
      problem: problem ?? '',
    };
  const message = nsReply.value;
  const names = cutServers(message, zone);
  // No referral and no authority: the server is not one of the parent's after all.
  if (names.length === 0 && !message.authoritative)
    return {
      server,
      address,
      ns: unknown(source),
      ds: unknown(source),
      glue: unknown(source),
      problem: 'neither referral nor authoritative answer',
    };
  const glue = message.additionals
    .filter(
      (record) =>
        (record.type === 'A' || record.type === 'AAAA') &&
        names.includes(record.name) &&
        isAtOrBelow(record.name, zone),
    )
    .map((record) => `${record.name} ${record.data}`);
  return {
    server,
    address,
    ns: reading(source, names),
    ds: dsReading(source, dsReply, zone),
    glue: reading(source, glue),
  };
}

async function viewChild(
  lookup: IterativeLookup,
  zone: string,
  server: string,
  address: string,
  vantage: string,
  signal?: AbortSignal,
): Promise<ChildView> {
  const source = `${vantage}/${address}`;
  const [nsReply, soaReply] = await Promise.all([
    lookup.ask(address, zone, 'NS', signal),
    lookup.ask(address, zone, 'SOA', signal),
  ]);
  if (!soaReply.ok) return { server, address, ns: unknown(source), problem: soaReply.failure.message };
  const soa = soaReply.value.answers.find((record) => record.type === 'SOA' && record.name === zone);
  if (soa === undefined || !soaReply.value.authoritative)
    // SERVFAIL comes and goes; REFUSED and referrals are a server's settled opinion that this is not its zone.
    return {
      server,
      address,
      ns: unknown(source),
      ...(soaReply.value.rcode === 'SERVFAIL' ? {} : { lame: true }),
      problem: `no authority for the zone (${soaReply.value.rcode})`,
    };
  const names =
    nsReply.ok && nsReply.value.authoritative
      ? nsReply.value.answers
          .filter((record) => record.type === 'NS' && record.name === zone)
          .map((record) => record.data)
      : undefined;
  const serial = soaSerial(soa);
  return {
    server,
    address,
    ns: names === undefined ? unknown(source) : reading(source, names),
    lame: false,
    ...(serial !== undefined ? { serial } : {}),
  };
}

/** Looks once, from this vantage. Never rejects; what could not be told is `unknown` with its reason. */
export async function readDelegation(
  lookup: IterativeLookup,
  zone: string,
  vantage: string,
  signal?: AbortSignal,
): Promise<DelegationReading> {
  const parent = await lookup.parentOf(zone, signal);
  if (!parent.ok)
    return { zone, parent: undefined, parents: [], children: [], problem: parent.failure.message };
  const targets = parent.value.servers.flatMap((server) =>
    server.addresses.slice(0, 1).map((address) => ({ server: server.name, address })),
  );
  // The root is one list of addresses under one name.
  const asked =
    parent.value.zone === '.' && targets.length === 1
      ? parent.value.servers[0]!.addresses.map((address) => ({ server: 'root', address }))
      : targets;
  const parents = await Promise.all(
    asked
      .slice(0, parentServersMax)
      .map((each) => viewParent(lookup, zone, each.server, each.address, vantage, signal)),
  );
  const names = [...new Set(parents.flatMap((view) => view.ns.value))].sort().slice(0, childServersMax);
  const glue = new Map(
    parents.flatMap((view) => view.glue.value.map((pair) => pair.split(' ') as [string, string])),
  );
  const children = await Promise.all(
    names.map(async (name): Promise<ChildView> => {
      const found = glue.get(name) ?? (await lookup.addressesOf(name, signal))[0];
      if (found === undefined)
        return {
          server: name,
          address: '',
          ns: unknown(`${vantage}/${name}`),
          problem: 'its name has no address we could find',
        };
      return viewChild(lookup, zone, name, found, vantage, signal);
    }),
  );
  return { zone, parent: parent.value.zone, parents, children };
}
