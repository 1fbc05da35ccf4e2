/** Query logs counted at the edge: windows by the log's own time, what is no query passes, cursors move with windows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Intake, SourceIdentity, SourceRun } from '../../../collector/src/contract/component.ts';
import type { RawRecord } from '../../../collector/src/contract/raw-record.ts';
import { queryObserver } from '../../../collector/src/app/query-observations.ts';
import { sha256Hex } from '../../../collector/src/app/digest.ts';
import { withQueryWindows, type WindowedSource } from '../../../collector/src/1-source/query-edge.ts';
import { networkOfText } from '../../../collector/src/1-source/query-windows.ts';
import { normaliserFor } from '../../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import { createRecorder, type Recorder } from './api-fake.ts';

type Feed = RawRecord['source'];

/** A source that delivers these batches, each with the position after it, and ends. */
function sourceOf(feed: Feed, batches: readonly (readonly string[])[]): SourceRun {
  const identity: SourceIdentity = {
    tenant: 'acme',
    id: 'log',
    feed,
    kind: 'resolver_log',
    intervalMs: 1000,
  };
  return {
    identity,
    probe: () => Promise.resolve({ ok: true, value: '' }),
    async run(intake: Intake) {
      let position = 0;
      for (const batch of batches) {
        position += batch.length;
        await intake.accept(
          batch.map((text) => ({
            tenant: 'acme',
            source: feed,
            receivedAtMs: Date.UTC(2026, 10, 21, 21),
            contentType: 'text/plain',
            verified: true,
            bytes: new TextEncoder().encode(text),
          })),
          { source: 'log', position: String(position) },
        );
      }
    },
  };
}

function edge(feed: Feed, batches: readonly (readonly string[])[], single = false): WindowedSource {
  return withQueryWindows(
    sourceOf(feed, batches),
    {
      limits: { windowMs: 60_000, domainsMax: 2, networksMax: 2, answerSetsMax: 2 },
      watchedDomain: (name) =>
        ['example.com', 'pay.example', 'third.example'].find((d) => name === d || name.endsWith(`.${d}`)),
      observe: queryObserver(),
      single,
    },
    {
      nowMs: () => Date.UTC(2026, 10, 21, 20, 30),
      random: () => 0,
      sleep: (_ms, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
      log: () => undefined,
    },
  );
}

async function run(source: WindowedSource): Promise<Recorder> {
  const recorder = createRecorder();
  await source.run(recorder.intake, new AbortController().signal);
  return recorder;
}

const documents = ({ records }: Recorder): Record<string, unknown>[] =>
  records
    .filter(({ contentType }) => contentType.includes('query-window'))
    .map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>);

const bindQuery = (time: string, client: string, name: string, type = 'A'): string =>
  `21-Nov-2026 ${time} queries: info: client @0x7f37ac2e8098 ${client}#40304 (${name}): query: ${name} IN ${type} +E(0)K (127.0.0.1)`;

test('BIND: two windows by the times of the log, other messages pass, the cursor comes with the last window', async () => {
  const recorder = await run(
    edge('bind-log', [
      [
        bindQuery('20:31:06.354', '192.0.2.7', 'h1.example.com'),
        bindQuery('20:31:07.000', '192.0.2.9', 'example.com', 'MX'),
        bindQuery('20:31:08.000', '198.51.100.1', 'nobody.test'),
        '21-Nov-2026 20:31:09.000 general: info: zone example.com/IN: notify from 127.0.0.1#36880: serial 636817097',
      ],
      [bindQuery('20:32:30.000', '192.0.2.7', 'h1.example.com')],
    ]),
  );
  assert.deepEqual(
    documents(recorder).map((one) => [
      one['domain'],
      one['window_start'],
      one['window_s'],
      one['count'],
      one['by_type'],
      one['by_client_network'],
    ]),
    [
      ['example.com', '2026-11-21T20:31:00.000Z', 60, 2, { A: 1, MX: 1 }, { '192.0.2.0/24': 2 }],
      ['example.com', '2026-11-21T20:32:00.000Z', 60, 1, { A: 1 }, { '192.0.2.0/24': 1 }],
    ],
  );
  const passed = recorder.records.filter(({ contentType }) => contentType === 'text/plain');
  assert.equal(passed.length, 1);
  assert.match(Buffer.from(passed[0]!.bytes).toString(), /notify from/);
  assert.equal(recorder.cursors.get('log'), '5');
  for (const record of recorder.records)
    assert.ok(
      normaliseRecord(record, normaliserFor(record.source)!, record.receivedAtMs, { sha256: sha256Hex }).ok,
    );
});

test('the cursor waits for the window: lines of an unfinished one are read again after a crash', async () => {
  const recorder = createRecorder();
  const positions: (string | undefined)[] = [];
  const inner = sourceOf('bind-log', []);
  const source = withQueryWindows(
    {
      ...inner,
      async run(intake: Intake) {
        const deliver = (text: string, position: string): Promise<void> =>
          intake.accept(
            [
              {
                tenant: 'acme',
                source: 'bind-log',
                receivedAtMs: 0,
                contentType: 'text/plain',
                verified: true,
                bytes: Buffer.from(text),
              },
            ],
            { source: 'log', position },
          );
        await deliver(bindQuery('20:31:06.354', '192.0.2.7', 'h1.example.com'), '1');
        positions.push(recorder.cursors.get('log'));
        await deliver(bindQuery('20:33:06.354', '192.0.2.7', 'h1.example.com'), '2');
        // The first window is durable; the position is behind a line that is only counted.
        positions.push(recorder.cursors.get('log'), String(documents(recorder).length));
      },
    },
    {
      limits: { windowMs: 60_000, domainsMax: 2, networksMax: 2, answerSetsMax: 2 },
      watchedDomain: () => 'example.com',
      observe: queryObserver(),
      single: false,
    },
    {
      nowMs: () => 0,
      random: () => 0,
      sleep: () => Promise.reject(new Error('never')),
      log: () => undefined,
    },
  );
  await source.run(recorder.intake, AbortSignal.abort());
  assert.deepEqual(positions, [undefined, undefined, '1']);
  assert.equal(recorder.cursors.get('log'), '2');
});

test('Unbound replies are counted, not the question lines beside them; too many domains and networks are counted as overflow', async () => {
  const source = edge('unbound-log', [
    [
      '[1795293066] unbound[5078:0] reply: 192.0.2.1 h1.example.com. A IN NOERROR 0.000440 0 73',
      '[1795293066] unbound[5078:0] query: 198.51.100.1 h1.example.com. A IN',
      '[1795293067] unbound[5078:0] reply: 198.51.100.1 h1.example.com. A IN NXDOMAIN 0.000440 0 73',
      '[1795293068] unbound[5078:0] reply: 203.0.113.1 h1.example.com. A IN NOERROR 0.000440 0 73',
      '[1795293069] unbound[5078:0] reply: 203.0.113.1 pay.example. A IN NOERROR 0.000440 0 73',
      '[1795293069] unbound[5078:0] reply: 203.0.113.1 third.example. A IN NOERROR 0.000440 0 73',
    ],
  ]);
  const [first, second, ...rest] = documents(await run(source));
  assert.deepEqual(rest, []);
  assert.deepEqual(
    [first?.['domain'], first?.['count'], first?.['by_rcode'], first?.['overflow']],
    ['example.com', 3, { NOERROR: 2, NXDOMAIN: 1 }, { client_networks: 1 }],
  );
  assert.equal(second?.['domain'], 'pay.example');
  assert.equal(source.windows.overflowed, 1);
});

test('Route 53 Resolver and Cloudflare: answers and codes; the debug switch keeps single records too', async () => {
  const route53 = JSON.stringify({
    version: '1.100000',
    account_id: '111122223333',
    vpc_id: 'vpc-1',
    query_timestamp: '2026-11-21T20:31:06Z',
    query_name: 'h1.example.com.',
    query_type: 'A',
    rcode: 'NOERROR',
    answers: [{ Rdata: '192.0.2.10', Type: 'A', Class: 'IN' }],
    srcaddr: '10.0.0.5',
  });
  const [one] = documents(await run(edge('aws-resolver-querylog', [[route53, route53]])));
  assert.equal(one?.['count'], 2);
  assert.deepEqual(one?.['answers'], [
    { name: 'h1.example.com', type: 'A', values: ['192.0.2.10'], count: 2 },
  ]);
  assert.deepEqual(one?.['by_client_network'], { '10.0.0.0/24': 2 });
  const cloudflare = JSON.stringify({
    Timestamp: '2026-11-21T20:31:06Z',
    QueryName: 'h1.example.com',
    QueryType: 28,
    ResponseCode: 3,
    SourceIP: '2001:db8:7::1',
  });
  const kept = await run(edge('cloudflare-dns', [[cloudflare]], true));
  assert.equal(kept.records.length, 2);
  const [window] = documents(kept);
  assert.deepEqual(
    [window?.['kind'], window?.['by_rcode'], window?.['by_client_network']],
    ['authoritative_log', { NXDOMAIN: 1 }, { '2001:db8:7::/48': 1 }],
  );
});

test('networks of addresses', () => {
  assert.equal(networkOfText('192.0.2.77'), '192.0.2.0/24');
  assert.equal(networkOfText('2001:db8:1:2::5'), '2001:db8:1::/48');
  assert.equal(networkOfText('2001:db8::5'), '2001:db8:0::/48');
  assert.equal(networkOfText('::1'), '0:0:0::/48');
});
