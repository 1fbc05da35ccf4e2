/** Damaged, foreign and hostile records of the DNS feeds: refused with a code, or kept as other activity; never a throw. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Normaliser } from '../../../collector/src/contract/normaliser.ts';
import type { Outcome } from '../../../collector/src/contract/outcome.ts';
import { awsPublicQuerylog } from '../../../collector/src/2-normalise/aws-public-querylog.ts';
import { awsResolverQuerylog } from '../../../collector/src/2-normalise/aws-resolver-querylog.ts';
import { bindLog } from '../../../collector/src/2-normalise/bind-log.ts';
import { cloudflareDns } from '../../../collector/src/2-normalise/cloudflare-dns.ts';
import { dnsXfr } from '../../../collector/src/2-normalise/dns-xfr.ts';
import { dnstap } from '../../../collector/src/2-normalise/dnstap.ts';
import {
  normaliseRecord,
  type NormalisedRecord,
} from '../../../collector/src/2-normalise/normalise-record.ts';
import { queryWindowMediaType } from '../../../collector/src/2-normalise/query-window.ts';
import { unboundLog } from '../../../collector/src/2-normalise/unbound-log.ts';
import { zoneDifferenceMediaType } from '../../../collector/src/2-normalise/zone-difference.ts';

const atMs = Date.UTC(2026, 10, 21, 22, 0, 0);
const context = { sha256: (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex') };

function run(
  normaliser: Normaliser,
  input: string | Uint8Array,
  extra: { contentType?: string; meta?: Record<string, string> } = {},
): Outcome<NormalisedRecord> {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  return normaliseRecord(
    {
      tenant: 'acme',
      source: normaliser.source,
      receivedAtMs: atMs,
      contentType: 'application/octet-stream',
      verified: true,
      bytes,
      ...extra,
    },
    normaliser,
    atMs,
    context,
  );
}

function code(outcome: Outcome<NormalisedRecord>): string {
  return outcome.ok
    ? `ok ${outcome.value.events.map((event) => event.event_type).join(',')}`
    : outcome.failure.code;
}

const all = [dnsXfr, dnstap, bindLog, unboundLog, awsResolverQuerylog, awsPublicQuerylog, cloudflareDns];

test('records of nothing, of noise and of another feed are refused', () => {
  for (const normaliser of all)
    for (const input of [
      '',
      ' ',
      '\0\0\0',
      'hello world',
      Uint8Array.of(0xff, 0xfe, 0xfd),
      '[1,2]',
      '{"__proto__":{"a":1}}',
    ])
      assert.ok(!run(normaliser, input).ok, `${normaliser.source} took ${JSON.stringify(input)}`);
});

test('each refusal names its reason', () => {
  assert.equal(
    code(run(awsPublicQuerylog, '1.0 yesterday Z1 a.example A NOERROR UDP FRA6 192.0.2.1 -')),
    'bad_timestamp',
  );
  assert.equal(
    code(run(awsPublicQuerylog, '2.0 2026-01-01T00:00:00Z Z1 a.example A NOERROR UDP FRA6 192.0.2.1 -')),
    'unsupported_format',
  );
  assert.equal(
    code(run(awsPublicQuerylog, '1.0 2026-01-01T00:00:00Z Z1 a.example A NOERROR UDP FRA6 somewhere -')),
    'bad_field',
  );
  assert.equal(
    code(run(awsResolverQuerylog, '{"query_name":"a.example.","query_timestamp":7}')),
    'bad_timestamp',
  );
  assert.equal(
    code(run(cloudflareDns, '{"QueryName":"a.example","QueryType":1,"Timestamp":"soon"}')),
    'bad_timestamp',
  );
  assert.equal(
    code(run(cloudflareDns, '{"QueryName":"a.example","QueryType":"A B","Timestamp":1657233726}')),
    'bad_field',
  );
  assert.equal(code(run(bindLog, '32-Nov-2026 20:31:06.354 queries: info: x')), 'bad_timestamp');
  assert.equal(code(run(dnsXfr, 'id 1\nopcode QUERY\n;QUESTION\nrubbish')), 'bad_field');
});

test('tests of the delivery itself carry no fact', () => {
  assert.equal(code(run(cloudflareDns, '{"content":"tests"}')), 'ok ');
  assert.equal(code(run(awsResolverQuerylog, '{"messageType":"CONTROL_MESSAGE","logEvents":[]}')), 'ok ');
});

test('times: an offset for local times, Logpush nanoseconds, milliseconds and seconds', () => {
  const line =
    '21-Nov-2026 20:31:06.838 general: info: zone example.com/IN: notify from 127.0.0.1#1: serial 5';
  const utc = run(bindLog, line);
  const berlin = run(bindLog, line, { meta: { utc_offset: '+01:00' } });
  assert.ok(utc.ok && berlin.ok);
  assert.equal(utc.value.events[0]?.timestamp, '2026-11-21T20:31:06.838Z');
  assert.equal(utc.value.events[0]?.confidence_basis, 'passive_local_time_read_as_utc');
  assert.equal(berlin.value.events[0]?.timestamp, '2026-11-21T19:31:06.838Z');
  for (const time of [
    1_657_233_726_004_000_000n,
    '1657233726004000000',
    '"1657233726004000000"',
    '"2022-07-07T22:42:06.004Z"',
  ]) {
    const outcome = run(cloudflareDns, `{"QueryName":"a.example","QueryType":1,"Timestamp":${time}}`);
    assert.ok(outcome.ok);
    assert.equal(outcome.value.events[0]?.timestamp, '2022-07-07T22:42:06.004Z');
  }
});

test('a zone difference gives whole sets with old and new value', () => {
  const difference = {
    zone: 'example.com',
    serial_from: 1,
    serial_to: 2,
    at: '2026-11-21T20:00:05.000Z',
    earliest: '2026-11-21T20:00:00.000Z',
    primary: '192.0.2.53',
    form: 'incremental',
    signed: true,
    changes_total: 2,
    part: 0,
    changes: [
      {
        name: 'example.com',
        type: 'NS',
        old: ['ns1.example.net', 'ns2.example.net'],
        new: ['ns1.example.org', 'ns2.example.net'],
        ttl_old: 3600,
        ttl_new: 300,
      },
      { name: 'example.com', type: 'SOA', old: ['a. b. 1 1 1 1 1'], new: ['c. b. 2 1 1 1 1'] },
    ],
  };
  const outcome = run(dnsXfr, JSON.stringify(difference), { contentType: zoneDifferenceMediaType });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  const [transfer, change, soa] = outcome.value.events;
  assert.equal(transfer?.event_type, 'dns.zone.transferred_in');
  assert.equal(transfer?.source_ip, '192.0.2.53');
  assert.equal(change?.event_type, 'dns.record.updated');
  assert.deepEqual(change?.added, ['ns1.example.org']);
  assert.deepEqual(change?.removed, ['ns1.example.net']);
  assert.deepEqual(change?.old_value, ['ns1.example.net', 'ns2.example.net']);
  assert.equal(change?.ttl_delta, -3300);
  assert.equal(change?.timestamp_earliest, '2026-11-21T20:00:00.000Z');
  assert.equal(soa?.event_type, 'dns.zone.soa_changed');
  const broken = run(dnsXfr, JSON.stringify({ ...difference, changes: [{ name: 'x' }] }), {
    contentType: zoneDifferenceMediaType,
  });
  assert.equal(code(broken), 'bad_field');
});

test('a query window gives volume, response codes and answers', () => {
  const window = {
    sensor: 'resolver-1',
    domain: 'pay.example',
    window_start: '2026-11-21T20:00:00.000Z',
    window_s: 60,
    count: 12,
    by_rcode: { NOERROR: 11, SERVFAIL: 1, __proto__: 5 },
    answers: [{ name: 'www.pay.example', type: 'A', values: ['192.0.2.10'], count: 11 }],
  };
  const outcome = run(dnstap, JSON.stringify(window), { contentType: queryWindowMediaType });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  assert.deepEqual(
    outcome.value.events.map((event) => [event.event_type, event.domain, event.query?.count]),
    [
      ['dnsquery.volume.observed', 'pay.example', 12],
      ['dnsquery.rcode_mix.observed', 'pay.example', 12],
      ['dnsquery.answer.observed', 'pay.example', 11],
    ],
  );
  assert.deepEqual(outcome.value.events[1]?.query?.by_rcode, { NOERROR: 11, SERVFAIL: 1 });
});

test('fuzz: damaged lines, documents and messages never throw and never break the schema', () => {
  const seeds = [
    "21-Nov-2026 20:31:11.870 update: info: client @0x7f 127.0.0.1#57773/key k: updating zone 'example.com/IN': adding an RR at 'example.com' MX 10 mx1.example.net.",
    '[1795293066] unbound[5078:0] reply: 127.0.0.1 example.com. NS IN NOERROR 0.000440 0 73',
    '1.0 2017-12-13T08:16:02.130Z Z1234 example.com A NOERROR UDP FRA6 192.0.2.1 -',
    '{"QueryName":"a.example","QueryType":1,"Timestamp":1657233726,"ResponseCode":0}',
    '{"query_name":"a.example.","query_timestamp":"2026-01-01T00:00:00Z","query_type":"A","srcaddr":"192.0.2.1"}',
    'id 1\nopcode QUERY\nrcode NOERROR\nflags AA\n;QUESTION\nexample. IN AXFR\n;ANSWER\n@ 3600 IN SOA a b 1 2 3 4 5\n@ 3600 IN SOA a b 1 2 3 4 5',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.constantFrom(...all),
      fc.array(
        fc.tuple(
          fc.nat(300),
          fc.oneof(
            fc.string({ maxLength: 4 }),
            fc.constantFrom("'", ' ', '#', '/', '\\032', '""', 'é', '\u0000'),
          ),
        ),
      ),
      (seed, normaliser, edits) => {
        let text = seed;
        for (const [at, insert] of edits)
          text =
            text.slice(0, at % (text.length + 1)) + insert + text.slice((at % (text.length + 1)) + (at % 3));
        const outcome = run(normaliser, text);
        if (!outcome.ok)
          assert.ok(
            !['normaliser_bug', 'schema_violation'].includes(outcome.failure.code),
            `${normaliser.source}: ${outcome.failure.message}\n${text}`,
          );
      },
    ),
    { numRuns: 4000 },
  );
});
