/** What a schema cannot say about sources that look from outside: addresses, ports and keys that make sense. */
import { canonicalIp } from '../leaf/ip-address.ts';
import type { DocumentPath } from './document-problem.ts';
import type { WitnessSourceConfig } from './config-witness-sources.ts';

/** One problem below the source's own path. */
export interface WitnessProblem {
  readonly path: DocumentPath;
  readonly message: string;
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function serverProblem(text: string): string | undefined {
  const [address = '', port] = text.split('#');
  if (canonicalIp(address) === undefined) return `must be an IP address, found "${address}"`;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    return `port ${port} is not 1 to 65535`;
  return undefined;
}

/** Problems of one source, in the order of its keys; empty when it can be used. */
export function witnessProblems(source: WitnessSourceConfig): WitnessProblem[] {
  const problems: WitnessProblem[] = [];
  const check = (path: DocumentPath, text: string | undefined): void => {
    const message = text === undefined ? undefined : serverProblem(text);
    if (message !== undefined) problems.push({ path, message });
  };
  switch (source.via) {
    case 'probe':
      source.resolvers.forEach((text, at) => check(['resolvers', at], text));
      source.source_addresses.forEach((text, at) => check(['source_addresses', at], text));
      source.roots.forEach((text, at) => check(['roots', at], text));
      if (source.feed === 'delegation-probe' && source.resolvers.length > 0)
        problems.push({ path: ['resolvers'], message: 'are only asked by answer-probe' });
      break;
    case 'transfer':
      source.primaries.forEach((text, at) => check(['primaries', at], text));
      check(['notify'], source.notify);
      if (source.key !== undefined && !base64.test(source.key.secret.reveal()))
        problems.push({ path: ['key', 'secret'], message: 'must hold Base64, as the name server has it' });
      break;
    case 'dnstap':
      check(['listen'], source.listen);
      if ((source.listen === undefined) === (source.path === undefined))
        problems.push({
          path: [],
          message: 'needs exactly one of "listen" (address#port) and "path" (Unix socket)',
        });
      break;
    case 'rdap':
      for (const [suffix, url] of Object.entries(source.servers))
        if (!URL.canParse(url)) problems.push({ path: ['servers', suffix], message: 'is not a URL' });
  }
  return problems;
}
