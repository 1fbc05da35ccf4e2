/** What the network does to probes and transfers: DNSSEC really signed and broken, truncation, IPv6, wildcards, cut transfers, signed NOTIFY. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { answerAttributes, readAnswers } from '../../collector/src/1-source/answer-probe/answer-reading.ts';
import { readDelegation } from '../../collector/src/1-source/delegation-probe/delegation-reading.ts';
import { askServer } from '../../collector/src/1-source/dns-exchange.ts';
import { listenForNotify } from '../../collector/src/1-source/dns-xfr/notify-listener.ts';
import { fetchZone, type TransferPeer } from '../../collector/src/1-source/dns-xfr/transfer-client.ts';
import { openTsigSession } from '../../collector/src/1-source/dns-xfr/tsig-session.ts';
import { iterativeLookup } from '../../collector/src/1-source/iterative-lookup.ts';
import { takeAttributes, probeRecord } from '../../collector/src/1-source/probe-document.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import { answerProbe } from '../../collector/src/2-normalise/probe.ts';
import { sha256Hex } from '../../collector/src/app/digest.ts';
import { readDnsMessage } from '../../collector/src/leaf/dns-message.ts';
import { writeQuery } from '../../collector/src/leaf/dns-query-writer.ts';
import { hasProgram, startKnot, startUnbound, tsigSecret, zoneText } from './dns-servers.ts';
import { freePort } from './free-port.ts';

const key = { name: 'xfr-key', algorithm: 'hmac-sha256', secret: Buffer.from(tsigSecret, 'base64') } as const;
const [ownAddress, goodAddress, badAddress] = ['127.0.0.21', '127.0.0.22', '127.0.0.23'];

function missing(t: TestContext, ...programs: string[]): boolean {
  const absent = programs.find((program) => !hasProgram(program));
  if (absent !== undefined) t.skip(`${absent} is not installed`);
  return absent !== undefined;
}

const zone = zoneText('pay.example', 7, [
  '@ NS ns1',
  `ns1 A ${ownAddress}`,
  '@ A 192.0.2.10',
  'www A 192.0.2.11',
]);

test('a zone that is really signed: secure, and bogus under a wrong trust anchor, with and without reasons', async (t) => {
  if (missing(t, 'knotd', 'unbound')) return;
  const port = await freePort();
  const own = await startKnot(
    port,
    { 'pay.example': zone },
    undefined,
    '',
    '    dnssec-signing: on\n',
    ownAddress,
  );
  t.after(() => own.stop());
  const keys = await askServer(
    { address: ownAddress, port },
    { name: 'pay.example', type: 'DNSKEY', recursionDesired: false, timeoutMs: 2000 },
  );
  assert.ok(keys.ok);
  const anchor = keys.value.answers.find(({ type, data }) => type === 'DNSKEY' && data.startsWith('257 '));
  assert.ok(anchor !== undefined, 'Knot made a key-signing key');
  const wrong = `13 2 ${'ab'.repeat(32)}`;
  const resolver = (address: string, trust: string, ede: string) =>
    startUnbound(
      port,
      { 'pay.example': `${ownAddress}@${port}` },
      `server:\n  module-config: "validator iterator"\n  ede: ${ede}\n  trust-anchor: "pay.example. ${trust}"\n`,
      'localhost',
      address,
    );
  const good = await resolver(goodAddress, `DNSKEY ${anchor.data}`, 'yes');
  t.after(() => good.stop());
  for (const ede of ['yes', 'no']) {
    const bad = await resolver(badAddress, `DS 12345 ${wrong}`, ede);
    try {
      const beliefs = {};
      let atMs = Date.UTC(2026, 10, 21);
      const round = async (address: string) => {
        atMs += 60_000;
        const views = await readAnswers(
          { zone: 'pay.example', criticalHosts: [], dkimSelectors: [] },
          { authoritative: [], authoritativePort: port, resolvers: [{ address, port }], timeoutMs: 3000 },
        );
        const { documents } = takeAttributes('answer', 'pay.example', answerAttributes(views), beliefs, atMs);
        return documents.flatMap((document) => {
          const record = probeRecord('answer-probe', 'acme', 'here', document, atMs);
          const outcome = normaliseRecord(record, answerProbe, atMs, { sha256: sha256Hex });
          assert.ok(outcome.ok);
          return outcome.value.events;
        });
      };
      const secure = await round(goodAddress);
      const apex = secure.find(
        ({ record_name, record_type }) => record_name === 'pay.example' && record_type === 'A',
      );
      assert.equal(apex?.query?.validated, true, 'the resolver says it has validated');
      assert.deepEqual(
        secure.filter(({ event_type }) => event_type === 'dnsquery.validation.failed'),
        [],
      );
      assert.deepEqual(await round(badAddress), [], 'once may be a mistake');
      const failed = await round(badAddress);
      assert.deepEqual(
        failed.map(({ event_type, query }) => [event_type, query?.validated]),
        [['dnsquery.validation.failed', false]],
        `ede: ${ede}`,
      );
    } finally {
      await bad.stop();
    }
  }
});

test('an answer that does not fit a datagram comes over TCP, whole', async (t) => {
  if (missing(t, 'knotd')) return;
  const port = await freePort();
  const texts = Array.from(
    { length: 40 },
    (_, n) => `@ TXT "${String(n).padStart(3, '0')}-${'x'.repeat(100)}"`,
  );
  const own = await startKnot(
    port,
    { 'pay.example': zone + texts.join('\n') + '\n' },
    undefined,
    '',
    '',
    ownAddress,
  );
  t.after(() => own.stop());
  const question = { name: 'pay.example', type: 'TXT', recursionDesired: false, timeoutMs: 2000 };
  const reply = await askServer({ address: ownAddress, port, from: '127.0.0.77' }, question);
  assert.ok(reply.ok);
  assert.equal(reply.value.truncated, false);
  assert.equal(reply.value.answers.length, 40);
});

test('servers that have only IPv6 addresses', async (t) => {
  if (missing(t, 'knotd')) return;
  const port = await freePort();
  const root = zoneText('', 1, ['@ NS a.root', 'a.root AAAA ::1', 'pay NS ns1.pay', 'ns1.pay AAAA ::1']);
  const zones = { '.': root };
  const server = await startKnot(port, zones, undefined, '', '', '::1').catch((error: unknown) =>
    String(error),
  );
  if (typeof server === 'string') return t.skip(`no IPv6 loopback: ${server.slice(0, 200)}`);
  t.after(() => server.stop());
  const lookup = iterativeLookup({
    roots: ['::1'],
    port,
    timeoutMs: 1500,
    nowMs: () => Date.now(),
    ipv6: true,
  });
  const look = await readDelegation(lookup, 'pay', 'here');
  assert.deepEqual(
    look.parents.map(({ ns, glue }) => [ns.value, glue.value]),
    [[['ns1.pay'], ['ns1.pay ::1']]],
  );
  assert.deepEqual(
    look.children.map(({ address, lame }) => [address, lame]),
    [['::1', true]],
  );
});

test('a wildcard is seen as such, and hosts that only it answers are marked', async (t) => {
  if (missing(t, 'knotd')) return;
  const port = await freePort();
  const text = `${zone}* A 203.0.113.9\n`;
  const own = await startKnot(port, { 'pay.example': text }, undefined, '', '', ownAddress);
  t.after(() => own.stop());
  const attributes = answerAttributes(
    await readAnswers(
      { zone: 'pay.example', criticalHosts: ['www', 'login'], dkimSelectors: [] },
      { authoritative: [ownAddress], authoritativePort: port, resolvers: [], timeoutMs: 2000 },
    ),
  );
  const found = (name: string) => attributes.find((one) => one.name === name && one.type === 'A');
  assert.deepEqual(found('*.pay.example')?.readings[0]?.value, ['203.0.113.9']);
  assert.equal(found('login.pay.example')?.details?.['wildcard'], true);
  assert.equal(found('www.pay.example')?.details?.['wildcard'], undefined);
});

test('a transfer that is cut in the middle changes nothing, and the next one is whole', async (t) => {
  if (missing(t, 'knotd')) return;
  const port = await freePort();
  const many = Array.from({ length: 3000 }, (_, n) => `h${n} TXT "host number ${n}"`);
  const own = await startKnot(
    port,
    { 'pay.example': zone + many.join('\n') + '\n' },
    undefined,
    '',
    '',
    ownAddress,
  );
  t.after(() => own.stop());
  let cutAfter = 40_000;
  const proxy = createServer((socket) => {
    const upstream = connect(port, ownAddress);
    let passed = 0;
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
    socket.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      passed += chunk.length;
      if (passed <= cutAfter) socket.write(chunk);
      else socket.destroy();
    });
    upstream.on('close', () => socket.end());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => proxy.close());
  const peer: TransferPeer = {
    server: { address: '127.0.0.1', port: (proxy.address() as AddressInfo).port },
    key,
    idleMs: 2000,
    recordsMax: 100_000,
    nowMs: () => Date.now(),
  };
  const cut = await fetchZone('pay.example', undefined, peer);
  assert.equal(cut.ok, false);
  cutAfter = Number.POSITIVE_INFINITY;
  const whole = await fetchZone('pay.example', undefined, peer);
  assert.ok(whole.ok);
  assert.equal(whole.value.copy.serial, 7);
  // SOA, NS, three addresses and the texts.
  assert.equal(whole.value.copy.sets.size, 5 + 3000);
});

test('NOTIFY: unsigned and wrongly signed ones are refused where a key is agreed; the answer to a good one is signed', async (t) => {
  const woken: string[] = [];
  const listener = await listenForNotify('127.0.0.1', 0, {
    allowed: (name) => name === 'pay.example',
    keyFor: () => key,
    nowMs: () => Date.now(),
    onNotify: (name) => woken.push(name),
  });
  t.after(() => listener.close());
  const plain = writeQuery({ id: 77, name: 'pay.example', type: 'SOA', recursionDesired: false });
  assert.ok(plain !== undefined);
  // Opcode 4 (RFC 1996 section 3.7).
  plain[2] = 4 << 3;
  const send = (bytes: Uint8Array): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('message', (answer) => {
        socket.close();
        resolve(answer);
      });
      socket.send(bytes, listener.port, '127.0.0.1', (error) => error && reject(error));
    });
  const rcode = (bytes: Buffer): number => (bytes[3] ?? 0) & 15;
  assert.equal(rcode(await send(plain)), 9);
  const forged = { ...key, secret: Buffer.from('another secret of some length') };
  assert.equal(rcode(await send(openTsigSession(plain, forged, Date.now()).request)), 9);
  assert.equal(rcode(await send(openTsigSession(plain, key, Date.now() - 3_600_000).request)), 9, 'replayed');
  assert.deepEqual(woken, []);
  const session = openTsigSession(plain, key, Date.now());
  const answer = await send(session.request);
  assert.equal(rcode(answer), 0);
  assert.deepEqual(woken, ['pay.example']);
  const message = readDnsMessage(answer);
  assert.ok(message.ok);
  assert.deepEqual(session.check(answer, message.value), { ok: true, value: undefined });
});
