/** RDAP answers about the domains of the benchmark's inventory: what an outside witness tells of a domain nobody touches, and of one that is stolen. */
import { rdapDifferenceMediaType } from '../../collector/src/2-normalise/rdap/index.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { domainName } from './bench-records.ts';

const dayMs = 86_400_000;

function answer(i: number, atMs: number, host: string): object {
  const name = domainName(i);
  return {
    objectClassName: 'domain',
    ldhName: name,
    handle: `D${i}-EXAMPLE`,
    status: ['client transfer prohibited', 'client delete prohibited', 'client update prohibited'],
    nameservers: [1, 2].map((n) => ({ objectClassName: 'nameserver', ldhName: `ns${n}.${host}.example` })),
    secureDNS: { delegationSigned: false },
    events: [
      { eventAction: 'registration', eventDate: '2012-03-04T05:06:07Z' },
      { eventAction: 'expiration', eventDate: new Date(atMs + 300 * dayMs).toISOString() },
      { eventAction: 'last changed', eventDate: new Date(atMs - 90 * dayMs).toISOString() },
    ],
    entities: [
      {
        objectClassName: 'entity',
        handle: '292',
        roles: ['registrar'],
        publicIds: [{ type: 'IANA Registrar ID', identifier: '292' }],
        vcardArray: [
          'vcard',
          [
            ['version', {}, 'text', '4.0'],
            ['fn', {}, 'text', 'Registrar A'],
          ],
        ],
      },
    ],
  };
}

function record(i: number, atMs: number, contentType: string, body: object): RawRecord {
  return {
    tenant: 'acme',
    source: 'rdap',
    receivedAtMs: atMs,
    contentType,
    verified: true,
    bytes: Buffer.from(JSON.stringify(body)),
    meta: { domain: domainName(i) },
  };
}

/** The answer about domain `i` as it has always been. */
export function restingDomain(i: number, atMs: number): RawRecord {
  return record(i, atMs, 'application/rdap+json', answer(i, atMs, `host${i % 7}`));
}

/** Domain `i` has other name servers than a moment ago, and nobody said so. */
export function stolenDomain(i: number, atMs: number): RawRecord {
  return record(i, atMs, rdapDifferenceMediaType, {
    domain: domainName(i),
    at: new Date(atMs).toISOString(),
    previous_at: new Date(atMs - 60_000).toISOString(),
    epoch: 1,
    previous: answer(i, atMs, `host${i % 7}`),
    current: answer(i, atMs, 'bulletproof'),
  });
}
