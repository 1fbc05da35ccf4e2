/** A small world of name servers on loopback: root, registry, own and hostile, each on an address of its own with one port. */
import type { TestContext } from 'node:test';
import { hasProgram, startBind, startKnot, zoneText } from './dns-servers.ts';
import { freePort } from './free-port.ts';

/** Server of the root zone. */
export const rootAddress = '127.0.0.11';
/** Server of `example`. */
export const registryAddress = '127.0.0.1';
/** Server of `pay.example`. */
export const ownAddress = '127.0.0.13';
/** A hijacker's server that serves `pay.example` too. */
export const evilAddress = '127.0.0.14';
/** Address for a resolver. */
export const resolverAddress = '127.0.0.15';
/** DS of `pay.example` at the parent; it fits no key. */
export const delegationSigner = '12345 13 2 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC0001';

/** Starts a root, a registry, the own and a hijacker's server on one port; `stopOwn` takes the own one away. */
export async function setUpWorld(t: TestContext): Promise<{ port: number; stopOwn: () => Promise<void> }> {
  const port = await freePort();
  const update = 'allow-update { key xfr-key; }; notify no;';
  const own = await startKnot(
    port,
    {
      'pay.example': zoneText('pay.example', 7, [
        '@ NS ns1',
        `ns1 A ${ownAddress}`,
        '@ A 192.0.2.10',
        '@ TXT "v=spf1 -all"',
        '@ CAA 0 issue "ca.example"',
        '_dmarc TXT "v=DMARC1; p=reject"',
        'www CNAME edge.cdn.test.',
        's1._domainkey TXT "v=DKIM1; p=AAAA"',
      ]),
    },
    undefined,
    '',
    '',
    ownAddress,
  );
  t.after(() => own.stop());
  const evil = await startKnot(
    port,
    {
      'pay.example': zoneText('pay.example', 1, [
        '@ NS ns1.evil',
        `ns1.evil A ${evilAddress}`,
        '@ A 203.0.113.66',
      ]),
    },
    undefined,
    '',
    '',
    evilAddress,
  );
  t.after(() => evil.stop());
  const registry = await startBind(
    port,
    {
      example: zoneText('example', 1, [
        '@ NS ns1',
        `ns1 A ${registryAddress}`,
        'pay NS ns1.pay',
        `ns1.pay A ${ownAddress}`,
        `pay DS ${delegationSigner}`,
      ]),
    },
    update,
    '',
    '',
    registryAddress,
  );
  t.after(() => registry.stop());
  const root = await startKnot(
    port,
    {
      '.': [
        '$TTL 3600',
        '. SOA a. b. 1 3600 600 86400 300',
        '. NS a.root.',
        `a.root. A ${rootAddress}`,
        'example. NS ns1.example.',
        `ns1.example. A ${registryAddress}`,
        '',
      ].join('\n'),
    },
    undefined,
    '',
    '',
    rootAddress,
  );
  t.after(() => root.stop());
  return { port, stopOwn: () => own.stop() };
}

/** Name of a server program that is not installed; undefined when all are. */
export function missingProgram(): string | undefined {
  return ['knotd', 'named', 'nsupdate', 'unbound'].find((program) => !hasProgram(program));
}
