/** Where sinks may go: the own network yes, metadata services and the link of this host no, whatever a name resolves to. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { sinkAddressRefusal, sinkLookup } from '../../../collector/src/1-source/address-policy.ts';
import { createHttpPost } from '../../../collector/src/8-sink/webhook/http-post.ts';

function lookUp(addresses: readonly string[], allowNetworks: readonly string[] = []): Promise<string> {
  const lookup = sinkLookup(allowNetworks, () => Promise.resolve(addresses));
  return new Promise((resolve) =>
    lookup('sink.example', {}, (error, address) =>
      resolve(error === null && typeof address === 'string' ? address : (error?.code ?? '')),
    ),
  );
}

test('private and public addresses are reached', async () => {
  for (const address of ['127.0.0.1', '10.1.2.3', '192.168.0.4', '8.8.8.8', 'fd12::1', '::1', '2600::1'])
    assert.equal(await lookUp([address]), address);
});

test('link-local addresses, metadata services, multicast and this host are not, also beside a good one', async () => {
  for (const address of [
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    'fe80::1',
    'fd00:ec2::254',
    '100.100.100.200',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
  ]) {
    assert.equal(await lookUp([address]), 'EREFUSED_ADDRESS', address);
    assert.equal(await lookUp(['192.0.2.1', address]), 'EREFUSED_ADDRESS', address);
  }
  assert.equal(await lookUp(['169.254.7.7'], ['169.254.7.0/24']), '169.254.7.7');
});

test('an address in the URL itself is judged as well, in whatever clothes', () => {
  for (const host of [
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '169.254.43518',
    '[::ffff:169.254.169.254]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '0',
  ]) {
    const url = `http://${host}:4318/x`;
    assert.match(sinkAddressRefusal(url, []) ?? '', /outgoing\.allow_networks/, host);
    assert.equal(sinkAddressRefusal(url, ['0.0.0.0/0', '::/0']), undefined, host);
  }
  for (const host of [
    '127.0.0.1',
    '10.0.0.1',
    '[::1]',
    '[::ffff:10.0.0.1]',
    'collector.example',
    'localhost',
  ])
    assert.equal(sinkAddressRefusal(`https://${host}/`, []), undefined, host);
  assert.equal(sinkAddressRefusal('no URL', []), undefined);
});

test('the webhook sink connects to what was judged, and to nothing else', async (t) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://sink.example:${(server.address() as AddressInfo).port}/hook`;
  const message = { headers: {}, body: '{}', timeoutMs: 2000 };
  const post = (address: string) =>
    createHttpPost({ lookup: sinkLookup([], () => Promise.resolve([address])) })(
      url,
      message,
      new AbortController().signal,
    );
  assert.equal((await post('127.0.0.1')).status, 204);
  await assert.rejects(post('169.254.169.254'), { code: 'EREFUSED_ADDRESS' });
  assert.equal(connections, 1);
});
