/** Damaged, hostile and oversize input: always a dead letter or a fact, never a throw and never a broken event. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalisers } from '../../../collector/src/2-normalise/index.ts';
import type { Normaliser } from '../../../collector/src/contract/normaliser.ts';
import type { SourceName } from '../../../collector/src/contract/source-name.ts';
import { normaliseBytes } from './normalise-check.ts';

const jsonFeeds: readonly SourceName[] = [
  'zonestream',
  'certstream',
  'ct',
  'dnsimple',
  'cloudflare-audit',
  'aws-cloudtrail',
  'gcp-dns',
  'rdap',
  'webhook',
];
const feeds = normalisers.filter((each) => [...jsonFeeds, 'epp-poll'].includes(each.source));
const isJson = (each: Normaliser): boolean => jsonFeeds.includes(each.source);

/** One readable record a feed, to be damaged. */
const examples: Readonly<Record<string, string>> = {
  zonestream: '{"domain":"pay.example.","cert_index":7,"ct_name":"Log \'A\'","timestamp":1770960643}',
  certstream:
    '{"message_type":"certificate_update","data":{"update_type":"PrecertLogEntry","cert_index":1,"seen":1709651773.5,"source":{"name":"L","url":"l.example/"},"leaf_cert":{"all_domains":["pay.example"],"serial_number":"0AB","issuer":{"CN":"CA","aggregated":"/CN=CA"},"not_before":1,"not_after":2,"extensions":{}}}}',
  ct: 'log.example/2026\n12\nwDpr6fEdycwgieRFpz9hQe6C6A0tg6K2ZVPUltce0hI=\n\n— log.example/2026 c2lnbmF0dXJlCg==\n',
  dnsimple:
    '{"name":"zone_record.update","request_identifier":"r1","data":{"zone_record":{"type":"MX","name":"","content":"mx.example.","priority":10,"ttl":60,"zone_id":"pay.example"}},"account":{"id":1},"actor":{"id":"2","entity":"user","pretty":"a@acme.example"}}',
  'cloudflare-audit':
    '{"action":{"type":"rec_set","result":true},"actor":{"id":"a","email":"a@acme.example","ip":"192.0.2.1","type":"user"},"id":"1","metadata":{"zone_name":"pay.example"},"newValueJson":{"content":"192.0.2.2","name":"www.pay.example","type":"A","ttl":60},"oldValueJson":{"content":"192.0.2.1","name":"www.pay.example","type":"A","ttl":60},"owner":{"id":"o"},"resource":{"type":"DNS_record"},"when":"2026-01-01T00:00:00Z"}',
  'aws-cloudtrail':
    '{"eventID":"e","eventName":"UpdateDomainNameservers","eventSource":"route53domains.amazonaws.com","eventTime":"2026-01-01T00:00:00Z","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/a","accountId":"1"},"recipientAccountId":"1","requestParameters":{"domainName":"pay.example","nameservers":[{"name":"ns1.example.net"}]}}',
  'gcp-dns':
    '{"insertId":"i","logName":"projects/p/logs/cloudaudit.googleapis.com%2Factivity","timestamp":"2026-01-01T00:00:00Z","protoPayload":{"methodName":"dns.changes.create","authenticationInfo":{"principalEmail":"a@acme.example"},"request":{"change":{"additions":[{"name":"pay.example.","type":"A","ttl":60,"rrdata":["192.0.2.2"]}],"deletions":[{"name":"pay.example.","type":"A","ttl":60,"rrdata":["192.0.2.1"]}]}}}}',
  rdap: '{"objectClassName":"domain","ldhName":"PAY.EXAMPLE","status":["client transfer prohibited"],"nameservers":[{"ldhName":"NS1.EXAMPLE.NET"}],"secureDNS":{"delegationSigned":false}}',
  webhook:
    '{"id":"1","event_type":"registrar.domain.lock_disabled","timestamp":"2026-01-01T00:00:00Z","domain":"pay.example"}',
  'epp-poll':
    '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="1301"><msg>x</msg></result><msgQ count="1" id="9"><qDate>2026-01-01T00:00:00Z</qDate><msg>Domain deleted.</msg></msgQ><resData><domain:panData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name paResult="1">pay.example</domain:name></domain:panData></resData></response></epp>',
};

const expectedCounts: Readonly<Record<string, string>> = { ct: 'read 0', rdap: 'read 3' };

function codeOf(normaliser: Normaliser, bytes: Uint8Array): string {
  const outcome = normaliseBytes(normaliser, bytes);
  return outcome.ok ? `read ${outcome.value.length}` : outcome.failure.code;
}

test('the examples themselves are read', () => {
  for (const each of feeds)
    assert.equal(
      codeOf(each, Buffer.from(examples[each.source] ?? '')),
      expectedCounts[each.source] ?? 'read 1',
      each.source,
    );
});

test('empty, foreign and wrongly encoded records are dead letters with a code', () => {
  for (const each of feeds) {
    const expected = isJson(each) && each.source !== 'ct' ? 'not_json' : undefined;
    for (const text of ['', 'nonsense', '{"a":', '<a']) {
      const code = codeOf(each, Buffer.from(text));
      assert.doesNotMatch(code, /^read|bug|schema/, `${each.source} ${JSON.stringify(text)}`);
      if (expected !== undefined && text !== 'nonsense' && text !== '<a')
        assert.equal(code, expected, each.source);
    }
    assert.equal(codeOf(each, Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d)), 'not_utf8', each.source);
  }
});

test('records beyond the size and depth limits are refused', () => {
  const large = Buffer.alloc(16 * 1024 * 1024 + 1, 0x20);
  const deep = Buffer.from(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`);
  const deepXml = Buffer.from(`<epp>${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}</epp>`);
  const wide = Buffer.from(`{"a":[${'0,'.repeat(20_000)}0]}`);
  for (const each of feeds) {
    assert.equal(codeOf(each, large), 'too_large', each.source);
    assert.equal(codeOf(each, isJson(each) ? deep : deepXml), 'too_deep', each.source);
    if (isJson(each)) assert.equal(codeOf(each, wide), 'too_many_keys', each.source);
  }
});

test('entities, document types and prefixes do not work on EPP', () => {
  const epp = feeds.find((each) => each.source === 'epp-poll');
  assert.ok(epp !== undefined);
  const bomb = '<!DOCTYPE a [<!ENTITY b "cc">]><epp><response>&b;</response></epp>';
  assert.equal(codeOf(epp, Buffer.from(bomb)), 'not_xml');
  assert.equal(codeOf(epp, Buffer.from('<epp><response></epp>')), 'not_xml');
  assert.equal(codeOf(epp, Buffer.from('<html></html>')), 'unsupported_format');
});

test('a __proto__ key is data and changes no object', () => {
  for (const each of feeds.filter(isJson)) {
    const text = (examples[each.source] ?? '').replace('{', '{"__proto__":{"polluted":true},');
    const outcome = normaliseBytes(each, Buffer.from(text));
    if (each.source !== 'ct') assert.ok(outcome.ok, each.source);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  }
});

test('whatever is cut, flipped or replaced, no normaliser throws and no event breaks the schema', () => {
  for (const each of feeds) {
    const example = Buffer.from(examples[each.source] ?? '');
    fc.assert(
      fc.property(fc.nat(example.length - 1), fc.nat(255), fc.boolean(), (at, octet, isCut) => {
        const bytes = isCut ? example.subarray(0, at) : Uint8Array.from(example);
        if (!isCut) bytes[at] = octet;
        assert.doesNotMatch(codeOf(each, bytes), /normaliser_bug|schema_violation/);
      }),
      { numRuns: 300 },
    );
  }
});

test('any value in any place is survived', () => {
  for (const each of feeds.filter((feed) => isJson(feed) && feed.source !== 'ct')) {
    const leaves = pathsOf(JSON.parse(examples[each.source] ?? '{}'));
    fc.assert(
      fc.property(fc.constantFrom(...leaves), fc.jsonValue({ maxDepth: 2 }), (path, value) => {
        const record: unknown = JSON.parse(examples[each.source] ?? '{}');
        replaceAt(record, path, value);
        assert.doesNotMatch(
          codeOf(each, Buffer.from(JSON.stringify(record))),
          /normaliser_bug|schema_violation/,
        );
      }),
      { numRuns: 300 },
    );
  }
});

function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  const below = Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...path, key]));
  return path.length === 0 ? below : [[...path], ...below];
}

function replaceAt(root: unknown, path: readonly string[], value: unknown): void {
  let node = root as Record<string, unknown>;
  for (const key of path.slice(0, -1)) node = node[key] as Record<string, unknown>;
  node[path.at(-1) ?? ''] = value;
}
