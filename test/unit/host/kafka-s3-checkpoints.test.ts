/**
 * Checkpoints in S3: against a store on loopback that checks every signature by the steps of the AWS SigV4 page, lists two
 * names a page as ListObjectsV2 does, and refuses what is not signed for it.
 */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createOutgoingPolicy } from '../../../collector/src/1-source/address-policy.ts';
import { createAskAws } from '../../../collector/src/1-source/cloudtrail-queue/signed-request.ts';
import { createOutgoingClient } from '../../../collector/src/1-source/outgoing-http.ts';
import type { CheckpointObjects } from '../../../collector/src/host/kafka/checkpoint-objects.ts';
import { objectCheckpoints } from '../../../collector/src/host/kafka/object-checkpoints.ts';
import { s3Objects } from '../../../collector/src/host/kafka/s3-objects.ts';
import { createSecret } from '../../../collector/src/leaf/secret.ts';

const keys = {
  id: 'AKIDEXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'eu-central-1',
};

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** The signature a request must carry: canonical request, string to sign, signing key, as the page numbers them. */
function signatureOf(request: IncomingMessage, body: Buffer): string {
  const url = new URL(request.url ?? '', 'http://x');
  const { authorization = '' } = request.headers;
  const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? '';
  const hash = createHash('sha256').update(body).digest('hex');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&');
  const headers = signed.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, url.pathname, query, headers.join(''), signed, hash].join('\n');
  const date = String(request.headers['x-amz-date']);
  const scope = `${date.slice(0, 8)}/${keys.region}/s3/aws4_request`;
  const digest = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', date, scope, digest].join('\n');
  const signing = ['s3', 'aws4_request'].reduce(
    hmac,
    hmac(hmac(`AWS4${keys.secret}`, date.slice(0, 8)), keys.region),
  );
  return hmac(signing, text).toString('hex');
}

describe('checkpoints in S3', () => {
  const objects = new Map<string, Buffer>();
  let server: Server;
  let endpoint: string;
  let broken = '';

  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        const url = new URL(request.url ?? '', 'http://x');
        const answer = (status: number, text: string | Buffer = ''): void =>
          void response.writeHead(status, { 'content-type': 'application/xml' }).end(text);
        const given = request.headers.authorization ?? '';
        if (!given.endsWith(`Signature=${signatureOf(request, body)}`))
          return answer(403, '<Error><Code>SignatureDoesNotMatch</Code></Error>');
        if (request.method === 'PUT' && decodeURIComponent(url.pathname).endsWith(broken) && broken !== '')
          return answer(400, '<Error><Code>EntityTooLarge</Code></Error>');
        const [, bucket, ...rest] = url.pathname.split('/');
        const key = decodeURIComponent(rest.join('/'));
        if (bucket !== 'state') return answer(404, '<Error><Code>NoSuchBucket</Code></Error>');
        if (request.method === 'PUT') objects.set(key, body);
        else if (request.method === 'DELETE') objects.delete(key);
        else if (url.searchParams.get('list-type') === '2') return answer(200, listed(url.searchParams));
        else if (objects.has(key)) return answer(200, objects.get(key));
        else return answer(404, '<Error><Code>NoSuchKey</Code></Error>');
        return answer(request.method === 'DELETE' ? 204 : 200);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());
  beforeEach(() => {
    objects.clear();
    broken = '';
  });

  function listed(query: URLSearchParams): string {
    const names = [...objects.keys()].filter((key) => key.startsWith(query.get('prefix') ?? '')).sort();
    const from = Number(query.get('continuation-token') ?? 0);
    const page = names.slice(from, from + 2).map((key) => `<Contents><Key>${key}</Key></Contents>`);
    const more = from + 2 < names.length;
    const token = more ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : '';
    return `<ListBucketResult><IsTruncated>${more}</IsTruncated>${token}${page.join('')}</ListBucketResult>`;
  }

  function store(secret = keys.secret): CheckpointObjects {
    const policy = createOutgoingPolicy({ allowNetworks: ['127.0.0.0/8'], allowPlainHttp: ['127.0.0.1'] });
    const client = createOutgoingClient(policy, { nowMs: () => Date.now(), userAgent: 'test' });
    const ask = createAskAws(client, keys.region, {
      accessKeyId: keys.id,
      secretAccessKey: createSecret(secret),
    });
    const place = { endpoint, bucket: 'state', prefix: 'zone warden/' };
    return objectCheckpoints(s3Objects(ask, place, Date.now), 10);
  }

  it('gives the newest back, whatever its size, and keeps two', async () => {
    const checkpoints = store();
    assert.equal(await checkpoints.newestOffset('domain-1'), undefined);
    for (const offset of [9, 10, 100])
      await checkpoints.save('domain-1', offset, `ä text of ${offset} ${'x'.repeat(35)}`);
    await checkpoints.save('domain-11', 500, 'another task');
    assert.equal(await checkpoints.newestOffset('domain-1'), 100);
    const { text, damaged } = await checkpoints.newest('domain-1');
    assert.equal(text, `ä text of 100 ${'x'.repeat(35)}`);
    assert.deepEqual(damaged, []);
    assert.ok(![...objects.keys()].some((key) => key.startsWith('zone warden/domain-1/9/')));
    assert.ok(
      [...objects.keys()].every((key) => (objects.get(key)?.length ?? 0) <= 10 || key.endsWith('/head')),
    );
  });

  it('passes over a damaged one and names it, and sees none that was not finished', async () => {
    const checkpoints = store();
    await checkpoints.save('case-0', 1, 'whole');
    await checkpoints.save('case-0', 2, 'damaged later');
    objects.set('zone warden/case-0/2/0', Buffer.from('DAMAGED la'));
    broken = '/case-0/3/head';
    await assert.rejects(checkpoints.save('case-0', 3, 'the head is refused'), /cannot be written/);
    assert.equal(await checkpoints.newestOffset('case-0'), 2);
    assert.deepEqual(await checkpoints.newest('case-0'), { text: 'whole', damaged: ['case-0/2'] });
  });

  it('rejects with what the store says when the key is wrong', async () => {
    await assert.rejects(store('another key').newestOffset('case-0'), /cannot be listed/);
    await assert.rejects(store('another key').save('case-0', 1, 'x'), /cannot be written/);
  });
});
