/** Wordings of name server logs and messages of transfers as servers write them; expectations by hand. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { Normaliser } from '../../../collector/src/contract/normaliser.ts';
import { awsPublicQuerylog } from '../../../collector/src/2-normalise/aws-public-querylog.ts';
import { awsResolverQuerylog } from '../../../collector/src/2-normalise/aws-resolver-querylog.ts';
import { bindLog } from '../../../collector/src/2-normalise/bind-log.ts';
import { dnsXfr } from '../../../collector/src/2-normalise/dns-xfr.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import { unboundLog } from '../../../collector/src/2-normalise/unbound-log.ts';

const atMs = Date.UTC(2026, 10, 21, 22, 0, 0);
const context = { sha256: (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex') };

function eventsOf(normaliser: Normaliser, input: string | Uint8Array): readonly CanonicalEvent[] {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  const contentType = 'application/octet-stream';
  const record = {
    tenant: 'acme',
    source: normaliser.source,
    receivedAtMs: atMs,
    contentType,
    verified: true,
    bytes,
  };
  const outcome = normaliseRecord(record, normaliser, atMs, context);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value.events;
}

/** Type, outcome and the fields asked for, of the only event. */
function one(normaliser: Normaliser, line: string): string {
  const [event, ...more] = eventsOf(normaliser, line);
  assert.deepEqual(more, []);
  const { event_type: type, outcome, record_name: name = '', record_type: recordType = '', query } = event!;
  return [
    type,
    outcome,
    event!.zone ?? name,
    recordType,
    query?.rcode ?? '',
    query?.resolver ?? '',
    event!.source_ip ?? '',
  ]
    .join(' ')
    .replace(/ +/g, ' ')
    .trim();
}

const named = 'Nov 21 20:31:02 ns1 named[812]: ';

test('BIND: refusals, failed look-ups, validation, transfers that went wrong', () => {
  const lines: readonly (readonly [string, string])[] = [
    [
      `${named}client @0x7f 10.0.0.9#4 (a.example): query (cache) 'a.example/A/IN' denied (allow-query-cache did not match)`,
      'dnsquery.query.logged failure a.example A REFUSED 10.0.0.9',
    ],
    [
      `${named}SERVFAIL unexpected RCODE resolving 'x.example/A/IN': 10.0.0.1#53`,
      'dnsquery.query.logged failure x.example A SERVFAIL 10.0.0.1',
    ],
    [
      `${named}connection refused resolving 'x.example/AAAA/IN': 2001:db8::1#53`,
      'dnsquery.query.logged failure x.example AAAA 2001:db8::1',
    ],
    [
      `${named}no valid RRSIG resolving 'example.com/DS/IN': 10.0.0.1#53`,
      'dnsquery.validation.failed success example.com DS 10.0.0.1',
    ],
    [
      `${named}validating www.example.com/A: no valid signature found`,
      'dnsquery.validation.failed success www.example.com A',
    ],
    [
      `${named}client @0x7 10.0.0.9#4 (nope.example): bad zone transfer request: 'nope.example/IN': non-authoritative zone (NOTAUTH)`,
      'dns.zone.transferred_out failure nope.example 10.0.0.9',
    ],
    [
      `${named}zone example.com/IN: refresh: retry limit for primary 10.0.0.1#53 exceeded (source 0.0.0.0#0)`,
      'dns.zone.transferred_in failure example.com',
    ],
    [`${named}zone example.com/IN: expired`, 'dns.zone.transferred_in failure example.com'],
    [
      `${named}zone example.com/IN (signed): sending notifies (serial 7)`,
      'dns.zone.notify_received success example.com',
    ],
    [
      `${named}client @0x7 10.0.0.9#4/key k: update 'example.com/IN' denied due to allow-query`,
      'dns.zone.update_received failure example.com 10.0.0.9',
    ],
    [
      `${named}client @0x7 10.0.0.9#4: received notify for zone 'example.com': not authoritative`,
      'dns.zone.notify_received failure example.com 10.0.0.9',
    ],
    [
      `${named}client @0x7 10.0.0.9#4 (x.example): query: x.example IN TYPE65 + (10.0.0.53)`,
      'dnsquery.query.logged unknown x.example HTTPS 10.0.0.53 10.0.0.9',
    ],
    // Through syslog, without category and severity, a message about nothing we know is kept all the same.
    [`${named}zone example.com/IN: loaded serial 7`, 'other.activity unknown example.com'],
    [`${named}managed-keys-zone: loaded serial 0`, 'other.activity unknown'],
  ];
  for (const [line, expected] of lines) assert.equal(one(bindLog, line), expected, line);
});

test('Unbound: RPZ, validation without a reason, destination address behind a reply', () => {
  const lines: readonly (readonly [string, string])[] = [
    [
      '[1790000000] unbound[12:0] info: rpz: applied [block] bad.example.rpz. rpz-nxdomain 10.0.0.1@123 bad.example. A IN',
      'dnsquery.query.logged success bad.example A NXDOMAIN 10.0.0.1',
    ],
    [
      '[1790000000] unbound[12:0] info: validation failure www.x.example. A IN',
      'dnsquery.validation.failed success www.x.example A',
    ],
    [
      '[1790000000] unbound[12:0] reply: 10.0.0.1 x.example. A IN NOERROR 0.000000 1 45 on udp 127.0.0.1 53',
      'dnsquery.query.logged success x.example A NOERROR 10.0.0.1',
    ],
  ];
  for (const [line, expected] of lines) assert.equal(one(unboundLog, line), expected, line);
});

test('Route 53: an exported line has the time of ingestion before it', () => {
  const line = '1.0 2026-11-21T20:31:02.123Z Z1 example.com A NOERROR UDP FRA6 192.0.2.1 -';
  const [plain] = eventsOf(awsPublicQuerylog, line);
  const [exported] = eventsOf(awsPublicQuerylog, `2026-11-21T20:31:09.000Z ${line}`);
  assert.equal(exported?.timestamp, '2026-11-21T20:31:02.123Z');
  assert.deepEqual([exported?.record_name, exported?.query], [plain?.record_name, plain?.query]);
});

/** A message with the question `example. IN AXFR` and answers given as wire octets after the owner, which is the question's name. */
function answerWithQuestion(...records: number[][]): Uint8Array {
  const question = [7, ...Buffer.from('example'), 0, 0, 252, 0, 1];
  const answers = records.flatMap((record) => [0xc0, 12, ...record]);
  return Uint8Array.from([0, 1, 0x84, 0, 0, 1, 0, records.length, 0, 0, 0, 0, ...question, ...answers]);
}

test('a later message of a transfer may repeat the question: it is a part, and its final SOA ends the transfer', () => {
  const address = [0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
  const soa = [
    0, 6, 0, 1, 0, 0, 0, 60, 0, 22, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1,
  ];
  assert.deepEqual(eventsOf(dnsXfr, answerWithQuestion(address)), []);
  const [last, ...more] = eventsOf(dnsXfr, answerWithQuestion(address, soa));
  assert.deepEqual(more, []);
  assert.deepEqual(
    [last?.event_type, last?.outcome, last?.sequence],
    ['dns.zone.transferred_out', 'unknown', '9'],
  );
});

test('BIND: what an update takes away is one record or a whole set, and never told', () => {
  const update = '2026-11-21T20:31:02.000Z client @0x7f 192.0.2.5#1: updating zone ';
  const [single] = eventsOf(bindLog, `${update}'pay.example/IN': deleting an RR at www.pay.example A`);
  assert.equal(single?.event_type, 'dns.record.deleted');
  assert.equal(single.record_name, 'www.pay.example');
  assert.equal(single.source?.['scope'], 'record');
  assert.equal(single.removed, undefined);
  const [set] = eventsOf(bindLog, `${update}'pay.example/IN': deleting rrset at 'www.pay.example' A`);
  assert.equal(set?.source?.['scope'], undefined);
  assert.equal(set?.removed, undefined);
  const [added] = eventsOf(
    bindLog,
    `${update}'pay.example/IN': adding an RR at 'www.pay.example' A 192.0.2.66`,
  );
  assert.equal(added?.source?.['scope'], 'record');
  assert.deepEqual(added?.added, ['192.0.2.66']);
});

test('BIND: a part of an update that the server ignored is kept under its zone and is no change', () => {
  const [event, ...more] = eventsOf(
    bindLog,
    "2026-11-21T20:31:02.000Z update: error: client @0x7f 192.0.2.5#1: updating zone 'pay.example/IN': attempt to add CNAME alongside non-CNAME ignored",
  );
  assert.deepEqual(more, []);
  assert.equal(event?.event_type, 'other.activity');
  assert.equal(event.zone, 'pay.example');
  assert.equal(event.domain, 'pay.example');
  assert.equal(event.source_ip, '192.0.2.5');
});

test('Route 53 query logs: the same line is the same event whatever brought it', () => {
  const line = '1.0 2026-11-21T10:00:00.130Z Z1234 pay.example A NOERROR UDP FRA6 192.0.2.1 -';
  const ids = [
    line,
    `2026-11-21T10:05:00.000Z ${line}`,
    JSON.stringify({ id: '1', timestamp: 1, message: line }),
    JSON.stringify({ messageType: 'DATA_MESSAGE', logEvents: [{ id: '1', timestamp: 1, message: line }] }),
  ].map((text) => eventsOf(awsPublicQuerylog, text)[0]?.event_id);
  assert.equal(new Set(ids).size, 1);
  const query = JSON.stringify({
    query_timestamp: '2026-11-21T10:00:00Z',
    query_name: 'WwW.pay.example.',
    query_type: 28,
    rcode: 'NOERROR',
    answers: { Rdata: '2001:DB8:0::1', Type: 'AAAA', Class: 'IN' },
    srcaddr: '10.0.0.1',
    vpc_id: 'vpc-1',
  });
  const logEvents = [{ id: '1', timestamp: 1, message: query }];
  const [direct] = eventsOf(awsResolverQuerylog, query);
  const [subscribed] = eventsOf(
    awsResolverQuerylog,
    JSON.stringify({ messageType: 'DATA_MESSAGE', logEvents }),
  );
  assert.equal(direct?.event_id, subscribed?.event_id);
  assert.equal(direct?.query?.question, 'www.pay.example AAAA');
  assert.deepEqual(direct.query.answers, ['2001:db8::1']);
});

test("BIND and Unbound: a line with a time of its own is the same event in a shipper's JSON, one without is not", () => {
  const lines = [
    [
      bindLog,
      "2026-11-21T20:31:02.442Z update: info: client @0x7 192.0.2.5#1: updating zone 'pay.example/IN': deleting rrset at 'www.pay.example' A",
    ],
    [unboundLog, '[1795293066] unbound[5078:0] reply: 127.0.0.1 pay.example. A IN NOERROR 0.000000 1 49'],
  ] as const;
  for (const [normaliser, line] of lines) {
    const wrapped = (time: string) => JSON.stringify({ message: line, '@timestamp': time });
    const ids = [line, wrapped('2026-11-21T20:31:03Z'), wrapped('2026-11-21T20:31:04Z')].map(
      (text) => eventsOf(normaliser, text)[0]?.event_id,
    );
    assert.equal(new Set(ids).size, 1, normaliser.source);
  }
  const timeless = (time: string) =>
    JSON.stringify({
      message: 'queries: info: client @0x7 192.0.2.5#1 (pay.example): query: pay.example IN A + (192.0.2.53)',
      '@timestamp': time,
    });
  assert.notEqual(
    eventsOf(bindLog, timeless('2026-11-21T20:31:03Z'))[0]?.event_id,
    eventsOf(bindLog, timeless('2026-11-21T20:31:04Z'))[0]?.event_id,
  );
});
