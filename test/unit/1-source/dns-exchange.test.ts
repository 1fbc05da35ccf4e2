/** Servers that behave badly on purpose, over real sockets on loopback. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { askServer, exchangeTcp } from '../../../collector/src/1-source/dns-exchange.ts';
import { messageQueue } from '../../../collector/src/1-source/message-queue.ts';
import { succeeded } from '../../../collector/src/contract/outcome.ts';

const question = { name: 'pay.example', type: 'A', recursionDesired: false, timeoutMs: 2000 };

/** A server that answers each datagram as `reply` says, and the same port over TCP as `whole` says. */
async function server(
  t: TestContext,
  reply: (query: Buffer) => Buffer,
  whole: (query: Buffer) => Buffer = reply,
): Promise<{ address: string; port: number; asked: Buffer[] }> {
  const asked: Buffer[] = [];
  const tcp = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      const answer = whole(bytes.subarray(2));
      socket.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]));
    });
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as { port: number };
  const udp = createSocket('udp4');
  udp.on('message', (bytes, from) => {
    asked.push(bytes);
    udp.send(reply(bytes), from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
  t.after(() => {
    udp.close();
    tcp.close();
  });
  return { address: '127.0.0.1', port, asked };
}

/** The query turned into an authoritative answer with one address, without EDNS. */
function answered(query: Buffer): Buffer {
  const end = 12 + 'pay.example'.length + 2 + 4;
  const head = Buffer.from(query.subarray(0, end));
  head.set([0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0], 2);
  return Buffer.concat([head, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 10])]);
}

test('a server that refuses EDNS with FORMERR is asked again without', async (t) => {
  const old = await server(t, (query) => {
    if (query.readUInt16BE(10) === 0) return answered(query);
    const refusal = Buffer.from(query.subarray(0, 12));
    refusal.set([0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0], 2);
    return refusal;
  });
  const reply = await askServer(old, question);
  assert.ok(reply.ok, JSON.stringify(reply));
  assert.deepEqual(
    reply.value.answers.map(({ data }) => data),
    ['192.0.2.10'],
  );
  assert.equal(old.asked.length, 2);
});

test('a truncated answer that is cut inside a record is asked for over TCP', async (t) => {
  const cutting = await server(
    t,
    (query) => {
      const cut = answered(query).subarray(0, -3);
      cut[2] = 0x86;
      return cut;
    },
    answered,
  );
  const reply = await askServer(cutting, question);
  assert.ok(reply.ok && !reply.value.truncated, JSON.stringify(reply));
  assert.equal(reply.value.answers[0]?.data, '192.0.2.10');
});

test('messages come out whole however the octets were cut', () => {
  const messages = Array.from({ length: 300 }, (_, n) => Buffer.alloc((n * 37) % 500, n & 255));
  const stream = Buffer.concat(
    messages.flatMap((each) => [Buffer.from([each.length >> 8, each.length & 255]), each]),
  );
  for (const size of [1, 2, 3, 7, 100, 1000, stream.length]) {
    const queue = messageQueue();
    const found: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size) {
      queue.push(stream.subarray(at, at + size));
      if (at % 3 === 0) continue;
      for (let next = queue.take(); next !== undefined; next = queue.take()) found.push(Buffer.from(next));
    }
    for (let next = queue.take(); next !== undefined; next = queue.take()) found.push(Buffer.from(next));
    assert.deepEqual(found, messages, `chunks of ${size}`);
    assert.equal(queue.octets, 0);
  }
});

test('what came before the connection closed is still taken', async (t) => {
  const tcp = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(Buffer.concat(Array.from({ length: 2000 }, () => Buffer.from([0, 1, 7]))));
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  t.after(() => tcp.close());
  const { port } = tcp.address() as { port: number };
  let seen = 0;
  const outcome = await exchangeTcp({ address: '127.0.0.1', port }, Buffer.from([0]), 2000, () => {
    seen++;
    return seen === 2000 ? succeeded('all') : 'more';
  });
  assert.deepEqual(outcome, succeeded('all'));
});
