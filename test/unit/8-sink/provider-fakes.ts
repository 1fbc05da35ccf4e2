/** Loopback servers that answer like the documented APIs of DNS providers, strict about what they are sent. */
import assert from 'node:assert/strict';
import { createHmac, hash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ActionHttp } from '../../../collector/src/8-sink/action/executor.ts';
import { failed, succeeded } from '../../../collector/src/contract/outcome.ts';

/** A record as providers keep it. */
export interface FakeRecord {
  id: string;
  name: string;
  type: string;
  content: string;
  ttl: number;
  priority?: number;
}

/** A fake with what it holds and what changed it. */
export interface Fake {
  readonly url: string;
  readonly records: FakeRecord[];
  locked: boolean;
  /** Requests that changed something. */
  mutations: number;
  /** The next request is answered with this status instead; cleared when used. */
  failNext: number | undefined;
  /** While true every request is answered with 503: the provider is down. */
  down: boolean;
  /** The next change is made and its answer is lost; cleared when used. */
  loseAnswer: boolean;
  /** Called when a change was made; its answer is then never sent. Absent: answers are sent. */
  heldAnswer: (() => void) | undefined;
  close(): void;
}

interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = { status: number; body: unknown; type?: string };

async function serve(
  answer: (request: Received, fake: Fake) => Answer,
  records: FakeRecord[],
): Promise<Fake> {
  const server: Server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      if (fake.down) {
        response.writeHead(503).end('down');
        return;
      }
      if (fake.failNext !== undefined) {
        response.writeHead(fake.failNext).end('later');
        fake.failNext = undefined;
        return;
      }
      const before = fake.mutations;
      const request = {
        method: message.method ?? '',
        url: new URL(message.url ?? '/', fake.url),
        headers: message.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      const { status, body, type } = answer(request, fake);
      if (fake.heldAnswer !== undefined && fake.mutations > before) {
        fake.heldAnswer();
        return;
      }
      if (fake.loseAnswer && fake.mutations > before) {
        fake.loseAnswer = false;
        message.socket.destroy();
        return;
      }
      response.writeHead(status, { 'content-type': type ?? 'application/json' });
      response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const fake: Fake = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    records,
    locked: false,
    mutations: 0,
    failNext: undefined,
    down: false,
    loseAnswer: false,
    heldAnswer: undefined,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return fake;
}

/** The guarded client's shape over plain HTTP. */
export const loopbackHttp: ActionHttp = async ({ method, url, headers, body }, signal) => {
  try {
    const answer = await fetch(url, { method, headers, signal, ...(body === undefined ? {} : { body }) });
    return succeeded({ status: answer.status, body: new Uint8Array(await answer.arrayBuffer()) });
  } catch (error) {
    return failed('endpoint_unreachable', String(error));
  }
};

let nextId = 1000;

/** DNSimple: names relative to the zone, priority apart, pages of at most two here, batch all or nothing. */
export function fakeDnsimple(account: string, token: string, zone: string): Promise<Fake> {
  const records: FakeRecord[] = [];
  return serve((request, fake) => {
    if (request.headers.authorization !== `Bearer ${token}`)
      return { status: 401, body: { message: 'Authentication failed' } };
    const { pathname, searchParams } = request.url;
    if (pathname === `/v2/${account}/registrar/domains/${zone}/transfer_lock`) {
      if (request.method === 'POST') {
        fake.locked = true;
        fake.mutations++;
      }
      return { status: request.method === 'POST' ? 201 : 200, body: { data: { enabled: fake.locked } } };
    }
    if (pathname === `/v2/${account}/zones/${zone}/records` && request.method === 'GET') {
      const found = fake.records.filter(
        ({ name, type }) => name === searchParams.get('name') && type === searchParams.get('type'),
      );
      const page = Number(searchParams.get('page'));
      const shown = found.slice((page - 1) * 2, page * 2).map(({ id, ...row }) => ({
        ...row,
        id: Number(id),
        zone_id: zone,
        parent_id: null,
        priority: row.priority ?? null,
        system_record: false,
      }));
      const pages = Math.max(1, Math.ceil(found.length / 2));
      const pagination = { current_page: page, per_page: 2, total_entries: found.length, total_pages: pages };
      return { status: 200, body: { data: shown, pagination } };
    }
    if (pathname !== `/v2/${account}/zones/${zone}/batch` || request.method !== 'POST')
      return { status: 404, body: { message: `nothing at ${request.method} ${pathname}` } };
    const { creates, updates, deletes } = JSON.parse(request.body) as {
      creates: Omit<FakeRecord, 'id'>[];
      updates: { id: number; ttl: number }[];
      deletes: { id: number }[];
    };
    const known = new Set(fake.records.map(({ id }) => Number(id)));
    for (const { id } of [...updates, ...deletes])
      if (!known.has(id)) return { status: 400, body: { message: 'Validation failed', errors: { id } } };
    for (const one of creates) assert.ok(!one.name.endsWith('.example'), 'names are relative');
    const gone = new Set(deletes.map(({ id }) => id));
    fake.records.splice(0, Infinity, ...fake.records.filter(({ id }) => !gone.has(Number(id))));
    for (const { id, ttl } of updates) fake.records.find((one) => Number(one.id) === id)!.ttl = ttl;
    for (const one of creates) fake.records.push({ id: String(nextId++), ...one });
    fake.mutations++;
    return { status: 200, body: { data: { creates: [], updates: [], deletes: [] } } };
  }, records);
}

/** Cloudflare: absolute names, envelopes with `success`, structured CAA and SRV, deletes before patches before posts. */
export function fakeCloudflare(account: string, token: string, zone: string): Promise<Fake> {
  const zoneId = '023e105f4ecef8ad9ca31a8372d0c353';
  const good = (result: unknown): Answer => ({
    status: 200,
    body: { success: true, errors: [], messages: [], result },
  });
  const bad = (status: number, message: string): Answer => ({
    status,
    body: { success: false, errors: [{ code: 1004, message }], messages: [], result: null },
  });
  return serve((request, fake) => {
    if (request.headers.authorization !== `Bearer ${token}`) return bad(403, 'Authentication error');
    const { pathname, searchParams } = request.url;
    if (pathname === '/zones')
      return good(searchParams.get('name') === zone ? [{ id: zoneId, name: zone }] : []);
    if (pathname === `/accounts/${account}/registrar/domains/${zone}`) {
      if (request.method === 'PUT') {
        fake.locked = (JSON.parse(request.body) as { locked: boolean }).locked;
        fake.mutations++;
      }
      return good({ name: zone, locked: fake.locked });
    }
    if (pathname === `/zones/${zoneId}/dns_records` && request.method === 'GET')
      return good(
        fake.records
          .filter(
            ({ name, type }) => name === searchParams.get('name.exact') && type === searchParams.get('type'),
          )
          .map((row) => ({ ...row, proxied: false })),
      );
    if (pathname !== `/zones/${zoneId}/dns_records/batch` || request.method !== 'POST')
      return bad(404, `nothing at ${request.method} ${pathname}`);
    const batch = JSON.parse(request.body) as {
      deletes: { id: string }[];
      patches: { id: string; ttl: number }[];
      posts: (Omit<FakeRecord, 'id'> & { data?: { flags: number; tag: string; value: string } })[];
    };
    const ids = new Set(fake.records.map(({ id }) => id));
    if ([...batch.deletes, ...batch.patches].some(({ id }) => !ids.has(id)))
      return bad(400, 'no such record');
    const gone = new Set(batch.deletes.map(({ id }) => id));
    fake.records.splice(0, Infinity, ...fake.records.filter(({ id }) => !gone.has(id)));
    for (const { id, ttl } of batch.patches) fake.records.find((one) => one.id === id)!.ttl = ttl;
    for (const { data, ...one } of batch.posts) {
      const content = data === undefined ? one.content : `${data.flags} ${data.tag} "${data.value}"`;
      if (one.type === 'TXT') assert.match(content, /^"/, 'TXT is sent in quotes');
      fake.records.push({ ...one, id: String(nextId++), content });
    }
    fake.mutations++;
    return good({ deletes: [], patches: [], puts: [], posts: [] });
  }, []);
}

/** True when the authorisation header is the one AWS would compute; written from the description, not from our code. */
function awsSignatureHolds(request: Received, secret: string): boolean {
  const match =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (match === null) return false;
  const [, , day = '', region = '', service = '', signed = '', signature] = match;
  const query = request.url.search
    .slice(1)
    .split('&')
    .filter((one) => one !== '')
    .sort()
    .join('&');
  const lines = signed.split(';').map((name) => `${name}:${String(request.headers[name])}\n`);
  const canonical = `${request.method}\n${request.url.pathname}\n${query}\n${lines.join('')}\n${signed}\n${hash('sha256', request.body, 'hex')}`;
  const date = String(request.headers['x-amz-date']);
  const text = `AWS4-HMAC-SHA256\n${date}\n${day}/${region}/${service}/aws4_request\n${hash('sha256', canonical, 'hex')}`;
  const mac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
  const key = mac(mac(mac(mac(`AWS4${secret}`, day), region), service), 'aws4_request');
  return createHmac('sha256', key).update(text).digest('hex') === signature;
}

/** Route 53 and Route 53 Domains in one: XML, whole record sets, deletions only with the exact values, all or nothing. */
export function fakeRoute53(secret: string, zone: string): Promise<Fake> {
  const id = 'Z1D633PJN98FT9';
  const xml = (name: string, inside: string): Answer => ({
    status: 200,
    type: 'text/xml',
    body: `<?xml version="1.0"?>\n<${name} xmlns="https://route53.amazonaws.com/doc/2013-04-01/">${inside}</${name}>`,
  });
  const invalid = (message: string): Answer => ({
    status: 400,
    type: 'text/xml',
    body: `<InvalidChangeBatch><Messages><Message>${message}</Message></Messages></InvalidChangeBatch>`,
  });
  const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const plain = (text: string): string =>
    text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
  return serve((request, fake) => {
    if (!awsSignatureHolds(request, secret))
      return { status: 403, body: '<ErrorResponse>SignatureDoesNotMatch</ErrorResponse>' };
    const { pathname, searchParams } = request.url;
    const target = request.headers['x-amz-target'];
    if (target === 'Route53Domains_v20140515.GetDomainDetail')
      return {
        status: 200,
        body: { DomainName: zone, StatusList: fake.locked ? ['clientTransferProhibited'] : ['ok'] },
      };
    if (target === 'Route53Domains_v20140515.EnableDomainTransferLock') {
      fake.locked = true;
      fake.mutations++;
      return { status: 200, body: { OperationId: 'op-1' } };
    }
    if (pathname === '/2013-04-01/hostedzonesbyname')
      return xml(
        'ListHostedZonesByNameResponse',
        `<HostedZones><HostedZone><Id>/hostedzone/${id}</Id><Name>${zone}.</Name><Config><PrivateZone>false</PrivateZone></Config></HostedZone><HostedZone><Id>/hostedzone/ZPRIVATE</Id><Name>${zone}.</Name><Config><PrivateZone>true</PrivateZone></Config></HostedZone></HostedZones>`,
      );
    if (pathname === `/2013-04-01/hostedzone/${id}/rrset` && request.method === 'GET') {
      const rows = fake.records.filter(
        ({ name, type }) => name === searchParams.get('name') && type === searchParams.get('type'),
      );
      // What comes first in order is given, whether it is the one asked for or not.
      const shown = rows.length > 0 ? rows : fake.records.slice(0, 1);
      const [first] = shown;
      const values = shown.map(
        ({ content }) => `<ResourceRecord><Value>${escaped(content)}</Value></ResourceRecord>`,
      );
      return xml(
        'ListResourceRecordSetsResponse',
        `<ResourceRecordSets>${first === undefined ? '' : `<ResourceRecordSet><Name>${first.name}.</Name><Type>${first.type}</Type><TTL>${first.ttl}</TTL><ResourceRecords>${values.join('')}</ResourceRecords></ResourceRecordSet>`}</ResourceRecordSets>`,
      );
    }
    if (pathname !== `/2013-04-01/hostedzone/${id}/rrset`) return { status: 404, body: '<ErrorResponse/>' };
    let next = [...fake.records];
    for (const [, change = ''] of request.body.matchAll(/<Change>(.*?)<\/Change>/g)) {
      const part = (name: string): string => new RegExp(`<${name}>(.*?)</${name}>`).exec(change)?.[1] ?? '';
      const name = part('Name').slice(0, -1);
      const values = [...change.matchAll(/<Value>(.*?)<\/Value>/g)].map(([, text = '']) => plain(text));
      const same = (one: FakeRecord): boolean => one.name === name && one.type === part('Type');
      const now = next.filter(same);
      if (part('Action') === 'DELETE') {
        const exact =
          now.every(({ ttl }) => ttl === Number(part('TTL'))) &&
          JSON.stringify(now.map(({ content }) => content).sort()) === JSON.stringify([...values].sort());
        if (now.length === 0 || !exact) return invalid('the values provided do not match the current values');
      }
      next = next.filter((one) => !same(one));
      if (part('Action') === 'UPSERT')
        for (const content of values)
          next.push({ id: '', name, type: part('Type'), content, ttl: Number(part('TTL')) });
    }
    fake.records.splice(0, Infinity, ...next);
    fake.mutations++;
    return xml('ChangeResourceRecordSetsResponse', '<ChangeInfo><Status>PENDING</Status></ChangeInfo>');
  }, []);
}
