/** `zonewarden probe DOMAIN`: what parent, name servers and resolvers say about a domain now, side by side. */
import { getServers } from 'node:dns';
import { parseArgs } from 'node:util';
import { canonicalName } from '../leaf/domain-name.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { readAnswers, type AnswerView } from '../1-source/answer-probe/answer-reading.ts';
import { readDelegation, type DelegationReading } from '../1-source/delegation-probe/delegation-reading.ts';
import type { ServerAddress } from '../1-source/dns-exchange.ts';
import { iterativeLookup } from '../1-source/iterative-lookup.ts';
import { rootServers } from '../1-source/root-servers.ts';
import { exitCodes, type CommandIo } from './command-io.ts';

const usage = `usage: zonewarden probe DOMAIN [--host NAME]... [--dkim SELECTOR]... [--resolver ADDRESS[#PORT]]...
                         [--root ADDRESS]... [--port N] [--timeout MS] [--json]
`;

interface Wanted {
  readonly zone: string;
  readonly hosts: readonly string[];
  readonly selectors: readonly string[];
  readonly resolvers: readonly ServerAddress[];
  readonly roots: readonly string[];
  readonly port: number;
  readonly timeoutMs: number;
  readonly json: boolean;
}

function serverOf(text: string): ServerAddress | undefined {
  const [address = '', port] = text.split('#');
  const canonical = canonicalIp(address);
  if (canonical === undefined) return undefined;
  if (port === undefined) return { address: canonical };
  return /^\d{1,5}$/.test(port) ? { address: canonical, port: Number(port) } : undefined;
}

/** Arguments, or the problems with them, one sentence each. */
function wantedOf(argv: readonly string[]): Wanted | string[] | 'help' {
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
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  const { values, positionals } = parsed;
  if (values.help) return 'help';
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
  };
}

function valueText(
  reading: { outcome: string; value: readonly string[] },
  problem: string | undefined,
): string {
  if (reading.outcome === 'answer') return reading.value.join(', ');
  return reading.outcome === 'absent' ? '(none)' : `? ${problem ?? 'could not tell'}`;
}

function delegationLines(look: DelegationReading): string[] {
  if (look.parent === undefined) return [`  parent: ? ${look.problem ?? ''}`];
  const lines: string[] = [];
  for (const view of look.parents) {
    lines.push(`  parent ${look.parent} at ${view.server} (${view.address})`);
    lines.push(`    NS    ${valueText(view.ns, view.problem)}`);
    lines.push(`    DS    ${valueText(view.ds, view.problem)}`);
    lines.push(`    glue  ${valueText(view.glue, view.problem)}`);
  }
  if (look.parents.length > 0 && look.parents.every((view) => view.ns.outcome === 'absent'))
    lines.push(`  not delegated: the servers of ${look.parent} know no such domain`);
  for (const view of look.children) {
    const state =
      view.lame === true
        ? 'LAME: answers without authority'
        : view.lame === false
          ? `serial ${view.serial}`
          : `? ${view.problem ?? ''}`;
    lines.push(`  zone at ${view.server} (${view.address || 'no address'})  ${state}`);
    if (view.lame === false) lines.push(`    NS    ${valueText(view.ns, view.problem)}`);
  }
  return lines;
}

function answerLines(views: readonly AnswerView[]): string[] {
  const lines: string[] = [];
  let last = '';
  const ordered = [...views].sort((a, b) => {
    const x = `${a.question.as ?? a.question.name} ${a.question.type}`;
    const y = `${b.question.as ?? b.question.name} ${b.question.type}`;
    return x < y ? -1 : x > y ? 1 : 0;
  });
  for (const view of ordered) {
    // The made-up name says nothing to a reader; what it stands for does.
    const { name, type, as } = view.question;
    const title = as === undefined ? `${name} ${type}` : `${as} ${type} (a name that does not exist)`;
    if (title !== last) lines.push(`  ${title}`);
    last = title;
    const validated =
      view.validated === true ? '  [validated]' : view.bogus === true ? '  [DNSSEC BOGUS]' : '';
    lines.push(
      `    ${view.kind.padEnd(13)} ${view.source.padEnd(15)} ${valueText(view.reading, view.problem)}${validated}`,
    );
  }
  return lines;
}

/** Looks once and prints. Exit 0: the delegation could be read; 1: it could not, or servers are lame; 2: bad usage. Network. */
export async function probe(argv: readonly string[], io: CommandIo): Promise<number> {
  const wanted = wantedOf(argv);
  if (wanted === 'help') {
    io.stdout.write(usage);
    return exitCodes.held;
  }
  if (Array.isArray(wanted)) {
    for (const problem of wanted) io.stderr.write(`zonewarden probe: ${problem}\n`);
    io.stderr.write(usage);
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
  if (wanted.json) io.stdout.write(`${JSON.stringify({ domain: wanted.zone, delegation, answers })}\n`);
  else
    io.stdout.write(
      [
        `${wanted.zone}`,
        '',
        'Delegation',
        ...delegationLines(delegation),
        '',
        'Answers',
        ...answerLines(answers),
        '',
      ].join('\n'),
    );
  const readable = delegation.parents.some((view) => view.ns.outcome === 'answer');
  return readable && !delegation.children.some((view) => view.lame === true)
    ? exitCodes.held
    : exitCodes.fellShort;
}
