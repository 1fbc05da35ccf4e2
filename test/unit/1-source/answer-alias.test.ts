/** The alias that a resolver followed to the addresses of a name (RFC 1034, section 3.6.2): when it is carried, and when not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answerAttributes,
  answerView,
  type AnswerView,
} from '../../../collector/src/1-source/answer-probe/answer-reading.ts';
import { probeRecord, takeAttributes, type Beliefs } from '../../../collector/src/1-source/probe-document.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import { answerProbe } from '../../../collector/src/2-normalise/probe.ts';
import type { DnsMessage, DnsRecord } from '../../../collector/src/leaf/dns-message.ts';
import { sha256Hex } from '../../../collector/src/leaf/sha256.ts';

type Line = readonly [name: string, type: string, data: string];

function message(lines: readonly Line[]): DnsMessage {
  return {
    id: 1,
    response: true,
    opcode: 'QUERY',
    authoritative: true,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: true,
    authenticData: false,
    checkingDisabled: false,
    rcode: 'NOERROR',
    questions: [],
    answers: lines.map(([name, type, data]): DnsRecord => ({ name, type, class: 'IN', ttl: 60, data })),
    authorities: [],
    additionals: [],
  };
}

const www = 'www.pay.example';

interface Asked {
  readonly type?: string;
  readonly source?: string;
  readonly kind?: AnswerView['kind'];
  readonly bogus?: boolean;
}

function seen(lines: readonly Line[], asked: Asked = {}): AnswerView {
  const { type = 'A', source = '192.0.2.53', kind = 'resolver', bogus = false } = asked;
  const reply = { ok: true as const, value: message(lines) };
  return answerView({ name: www, type }, source, kind, 'pay.example', reply, bogus);
}

function behind(alias: string, address: string): Line[] {
  return [
    [www, 'CNAME', `${alias}.`],
    [alias, 'A', address],
  ];
}

const longChain: Line[] = [
  [www, 'CNAME', 'Pay.CDN-a.example.'],
  ['pay.cdn-a.example', 'CNAME', 'edge7.cdn-a.example.'],
  ['edge7.cdn-a.example', 'A', '198.51.100.7'],
];

test('the first link of the chain is carried, in canonical form', () => {
  assert.equal(seen(longChain).reading.alias, 'pay.cdn-a.example');
  const sixth: Line[] = [
    [www, 'CNAME', 'pay.cdn-a.example.'],
    ['pay.cdn-a.example', 'AAAA', '2001:db8::7'],
  ];
  assert.equal(seen(sixth, { type: 'AAAA' }).reading.alias, 'pay.cdn-a.example');
});

test('no alias: inside the zone, none there, of an empty answer, or not what leads to the addresses', () => {
  const lines: readonly (readonly Line[])[] = [
    behind('lb.pay.example', '192.0.2.7'),
    behind('pay.example', '192.0.2.7'),
    [[www, 'A', '203.0.113.66']],
    [[www, 'CNAME', 'pay.cdn-a.example.']],
    [
      [www, 'CNAME', 'pay.cdn-a.example.'],
      [www, 'A', '203.0.113.66'],
    ],
    [...longChain, [www, 'A', '203.0.113.66']],
    [
      [www, 'CNAME', 'pay.cdn-a.example.'],
      ['pay.cdn-a.example', 'CNAME', `${www}.`],
      ['elsewhere.example', 'A', '203.0.113.66'],
    ],
  ];
  for (const each of lines) assert.equal(seen(each).reading.alias, undefined, JSON.stringify(each));
});

test('a name that only ends like the zone is outside it', () => {
  assert.equal(seen(behind('notpay.example', '192.0.2.7')).reading.alias, 'notpay.example');
});

test('a server of the zone is not believed, nor an answer that fails validation: both may put addresses beside the alias', () => {
  assert.equal(seen(longChain, { kind: 'authoritative' }).reading.alias, undefined);
  assert.equal(seen(longChain, { bogus: true }).reading.alias, undefined);
});

/** Alias in the records of one round after another, per confirmed reading or change. */
function told(rounds: readonly (readonly AnswerView[])[]): (readonly [string, unknown])[] {
  const beliefs: Beliefs = {};
  let atMs = Date.UTC(2026, 10, 21);
  return rounds.flatMap((views) => {
    atMs += 3_600_000;
    const { documents } = takeAttributes('answer', 'pay.example', answerAttributes(views), beliefs, atMs);
    return documents.flatMap((document) => {
      const record = probeRecord('answer-probe', 'acme', 'here', document, atMs);
      const outcome = normaliseRecord(record, answerProbe, atMs, { sha256: sha256Hex });
      assert.ok(outcome.ok);
      return outcome.value.events
        .filter(({ record_type: type }) => type === 'A')
        .map(({ new_value: value, query }) => [JSON.stringify(value), query?.alias] as const);
    });
  });
}

const [one, two] = ['192.0.2.53', '192.0.2.54'];
const old = behind('pay.cdn-a.example', '198.51.100.7');
const moved = behind('pay.cdn-b.example', '203.0.113.7');
const stolen: Line[] = [[www, 'A', '203.0.113.66']];

test('the event carries the alias of the addresses it tells', () => {
  assert.deepEqual(
    told([
      [seen(old, { source: one }), seen(old, { source: two })],
      [seen(moved, { source: one }), seen(moved, { source: two })],
    ]),
    [
      ['["198.51.100.7"]', 'pay.cdn-a.example'],
      ['["203.0.113.7"]', 'pay.cdn-b.example'],
    ],
  );
});

test('a cache that still has the old alias with the old addresses takes nothing from the new one', () => {
  const lagging = [seen(old, { source: one }), seen(moved, { source: two })];
  const events = told([[seen(old, { source: one }), seen(old, { source: two })], lagging, lagging]);
  assert.deepEqual(events.at(-1), ['["203.0.113.7"]', 'pay.cdn-b.example']);
});

test('a hijacked address without the alias is told without one, whatever the others still follow', () => {
  const split = [seen(old, { source: one }), seen(stolen, { source: two })];
  const events = told([[seen(old, { source: one }), seen(old, { source: two })], split, split]);
  assert.deepEqual(events.at(-1), ['["203.0.113.66"]', undefined]);
});

test('two resolvers that give one address by different ways leave the way unknown', () => {
  const direct: Line[] = [[www, 'A', '203.0.113.7']];
  const events = told([
    [seen(old, { source: one }), seen(old, { source: two })],
    [seen(moved, { source: one }), seen(direct, { source: two })],
  ]);
  assert.deepEqual(events.at(-1), ['["203.0.113.7"]', undefined]);
});

test('addresses collected over several rounds have an alias only when the last round gave all of them', () => {
  // Five looks, five different addresses: the sixth is told with all that was seen, of which some never had an alias.
  const rounds = [
    old,
    stolen,
    ...[1, 2, 3, 4, 5, 6].map((n) => behind('pay.cdn-b.example', `203.0.113.${String(n)}`)),
  ];
  const settledMs = Array.from({ length: 12 }, () => [seen(old)]);
  const events = told([...settledMs, ...rounds.map((lines) => [seen(lines)])]);
  const withStolen = events.filter(([value]) => value.includes('203.0.113.66'));
  assert.ok(withStolen.length > 0, 'the stolen address is told');
  for (const [, alias] of withStolen) assert.equal(alias, undefined);
});

test('an alias that is no name is dropped by the normaliser, the event is not', () => {
  for (const alias of ['', 'not a name', 7, null]) {
    const document = {
      probe: 'answer' as const,
      zone: 'pay.example',
      what: 'answer',
      name: www,
      type: 'A',
      old: ['198.51.100.7'],
      new: ['203.0.113.7'],
      at: '2026-11-21T00:00:00.000Z',
      epoch: 1,
      basis: 'probe_2_vantages',
      vantage: '2 of 2',
      details: { view: 'resolver', alias },
    };
    const record = probeRecord('answer-probe', 'acme', 'here', document, Date.UTC(2026, 10, 21));
    const outcome = normaliseRecord(record, answerProbe, Date.UTC(2026, 10, 21), { sha256: sha256Hex });
    assert.ok(outcome.ok);
    assert.equal(outcome.value.events.length, 1);
    const [event] = outcome.value.events;
    assert.equal(event?.event_type, 'dnsquery.answer.changed');
    assert.equal(event?.query?.alias, undefined, String(alias));
  }
});
