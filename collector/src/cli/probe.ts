/** `zonewarden probe DOMAIN`: what parent, name servers, registry and resolvers say about a domain now, side by side. */
import { getServers } from 'node:dns';
import { parseArgs } from 'node:util';
import { canonicalName } from '../leaf/domain-name.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { printableLines } from '../leaf/printable.ts';
import { readAnswers } from '../1-source/answer-probe/answer-reading.ts';
import { readDelegation } from '../1-source/delegation-probe/delegation-reading.ts';
import type { ServerAddress } from '../1-source/dns-exchange.ts';
import { iterativeLookup } from '../1-source/iterative-lookup.ts';
import { rootServers } from '../1-source/root-servers.ts';
import { apiTarget, askApi, type ApiTarget } from './api-client.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { readRegistration } from './probe-registration.ts';
import { differences, probeText, type KnownCheck, type ProbeLook } from './probe-text.ts';

interface Wanted {
  readonly zone: string;
  readonly hosts: readonly string[];
  readonly selectors: readonly string[];
  readonly resolvers: readonly ServerAddress[];
  readonly roots: readonly string[];
  readonly port: number;
  readonly timeoutMs: number;
  readonly json: boolean;
  /** False: not to be asked; undefined: the server in the IANA's list. */
  readonly rdap: string | undefined | false;
  readonly tenant: string | undefined;
  readonly collector: { readonly url?: string; readonly 'token-file'?: string };
}

function serverOf(text: string): ServerAddress | undefined {
  const [address = '', port] = text.split('#');
  const canonical = canonicalIp(address);
  if (canonical === undefined) return undefined;
  if (port === undefined) return { address: canonical };
  return /^\d{1,5}$/.test(port) ? { address: canonical, port: Number(port) } : undefined;
}

/** Arguments, or the problems with them, one sentence each. */
function wantedOf(argv: readonly string[]): Wanted | string[] {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        host: { type: 'string', multiple: true, default: [] },
        dkim: { type: 'string', multiple: true, default: [] },
        resolver: { type: 'string', multiple: true, default: [] },
        root: { type: 'string', multiple: true, default: [] },
        port: { type: 'string', default: '53' },
        timeout: { type: 'string', default: '2000' },
        json: { type: 'boolean', default: false },
        rdap: { type: 'string' },
        'no-rdap': { type: 'boolean', default: false },
        tenant: { type: 'string' },
        url: { type: 'string' },
        'token-file': { type: 'string' },
      },
    });
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  const { values, positionals } = parsed;
  const problems: string[] = [];
  const zone = positionals.length === 1 ? canonicalName(positionals[0]!) : undefined;
  if (zone === undefined || zone === '.') problems.push('exactly one domain name is needed');
  const named = values.resolver.map(serverOf);
  if (named.includes(undefined))
    problems.push('--resolver needs an address, such as 192.0.2.53 or 192.0.2.53#5353');
  const roots = values.root.map(canonicalIp);
  if (roots.includes(undefined)) problems.push('--root needs an address');
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) problems.push('--port must be 1 to 65535');
  const timeoutMs = Number(values.timeout);
  if (!(timeoutMs >= 50 && timeoutMs <= 60_000)) problems.push('--timeout must be 50 to 60000 milliseconds');
  const hosts = values.host.map((host) => canonicalName(host));
  if (hosts.includes(undefined)) problems.push('--host needs a host name');
  if (values.rdap !== undefined && !/^https?:$/.test(URL.parse(values.rdap)?.protocol ?? ''))
    problems.push('--rdap needs an http or https address');
  if (values.tenant === undefined && (values.url ?? values['token-file']) !== undefined)
    problems.push('--url and --token-file need --tenant');
  if (problems.length > 0) return problems;
  const system = getServers().flatMap(
    (address) => serverOf(address.replace(/\]?:\d+$/, '').replace('[', '')) ?? [],
  );
  return {
    zone: zone!,
    hosts: hosts as string[],
    selectors: values.dkim,
    resolvers: named.length > 0 ? (named as ServerAddress[]) : system,
    roots: roots.length > 0 ? (roots as string[]) : rootServers,
    port,
    timeoutMs,
    json: values.json,
    rdap: values['no-rdap'] ? false : values.rdap,
    tenant: values.tenant,
    collector: {
      ...(values.url === undefined ? {} : { url: values.url }),
      ...(values['token-file'] === undefined ? {} : { 'token-file': values['token-file'] }),
    },
  };
}

/** What a running collector plans for the domain; a sentence when it does not say. */
async function knownChecks(wanted: Wanted, collector: ApiTarget): Promise<readonly KnownCheck[] | string> {
  const answer = await askApi(collector, `/domains/${wanted.tenant}/${wanted.zone}`);
  if (answer.status === 404) return `${collector.url}: no domain ${wanted.zone} of tenant ${wanted.tenant}`;
  if (answer.status !== 200) return `${collector.url}: answered ${answer.status} ${answer.detail}`;
  return (answer.body as { checks?: readonly KnownCheck[] }).checks ?? [];
}

/** Looks once and prints. Exit 0: the delegation could be read; 1: it could not, or servers are lame; 2: bad usage. Network. */
export async function probe(argv: readonly string[], io: CommandIo): Promise<number> {
  const wanted = wantedOf(argv);
  if (Array.isArray(wanted)) {
    for (const problem of wanted) io.stderr.write(`zonewarden probe: ${problem}\n`);
    io.stderr.write('see "zonewarden probe --help"\n');
    return exitCodes.unusable;
  }
  const lookup = iterativeLookup({
    roots: wanted.roots,
    port: wanted.port,
    timeoutMs: wanted.timeoutMs,
    nowMs: () => Date.now(),
    // One look by a person: servers that only have IPv6 addresses are asked too.
    ipv6: true,
  });
  // The registry is another witness: it is asked while the name servers answer.
  const registering =
    wanted.rdap === false ? undefined : readRegistration(wanted.zone, wanted.rdap, wanted.timeoutMs);
  const delegation = await readDelegation(lookup, wanted.zone, 'here');
  const authoritative = delegation.children.filter((view) => view.lame === false).map((view) => view.address);
  const answers = await readAnswers(
    { zone: wanted.zone, criticalHosts: wanted.hosts, dkimSelectors: wanted.selectors },
    {
      authoritative,
      authoritativePort: wanted.port,
      resolvers: wanted.resolvers,
      timeoutMs: wanted.timeoutMs,
    },
  );
  const registration = await registering;
  const checks =
    wanted.tenant === undefined ? undefined : await knownChecks(wanted, await apiTarget(wanted.collector));
  if (typeof checks === 'string') io.stderr.write(`zonewarden probe: ${checks}\n`);
  const look: ProbeLook = {
    domain: wanted.zone,
    delegation,
    ...(registration === undefined ? {} : { registration }),
    answers,
    ...(checks === undefined || typeof checks === 'string' ? {} : { checks }),
  };
  io.stdout.write(
    wanted.json
      ? `${JSON.stringify({ ...look, differences: differences(look) })}\n`
      : printableLines(probeText(look)),
  );
  const readable = delegation.parents.some((view) => view.ns.outcome === 'answer');
  return readable && !delegation.children.some((view) => view.lame === true)
    ? exitCodes.held
    : exitCodes.fellShort;
}
