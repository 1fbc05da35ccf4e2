/** Every poller configured in a file, run by the real collector against a fake of its vendor on loopback. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { startFake, type Fake, type FakeAnswer, type FakeCall } from '../unit/1-source/api-fake.ts';
import { startConfigured } from './configured-run.ts';
import { freePort } from './free-port.ts';

const canary = 'CANARY-b5c1f1';
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const env = { TOKEN: canary, KEY: privateKey };

let fake: Fake;
before(async () => {
  fake = await startFake(vendors);
});
after(async () => {
  await fake.close();
});

/** One record per feed, from the vendor's path, to whoever shows the credential. */
function vendors({ url, headers }: FakeCall): FakeAnswer {
  const path = url.pathname;
  if (path.endsWith('/token')) return { body: { access_token: `${canary}-bearer`, expires_in: 3600 } };
  if (!(headers.authorization ?? '').includes(canary)) return { status: 401 };
  const own = url.origin;
  if (path === '/api/v1/logs')
    return {
      headers: { link: `<${own}/api/v1/logs?after=x>; rel="next"` },
      body: url.searchParams.has('after')
        ? []
        : [{ uuid: 'okta-1', published: '2026-11-20T12:00:00.000Z', eventType: 'user.session.start' }],
    };
  if (path === '/v1.0/auditLogs/directoryAudits') return { body: { value: [{ id: 'entra-audit-1' }] } };
  if (path === '/v1.0/auditLogs/signIns') return { body: { value: [{ id: 'entra-signin-1' }] } };
  if (path.startsWith('/admin/reports/v1/activity/users/all/applications/')) {
    const time = '2026-11-20T12:00:00.000Z';
    return { body: { items: [{ id: { time, uniqueQualifier: path.split('/').at(-1) }, events: [] }] } };
  }
  if (path === '/orgs/acme/audit-log') return { body: [{ _document_id: 'github-1', action: 'org.update' }] };
  if (path.endsWith('/subscriptions/content'))
    return { body: [{ contentUri: `${own}/blob/${url.searchParams.get('contentType')}` }] };
  if (path.startsWith('/blob/')) return { body: [{ Id: path.slice(6) }] };
  return { status: 404 };
}

test('each poller reads its vendor, keeps every log apart, and says nothing of its secrets', async () => {
  const run = await startConfigured(
    `
sources:
  - { id: okta, feed: okta, via: api, tenant: acme, url: "${fake.url}", token: { env: TOKEN } }
  - id: entra
    feed: entra
    via: api
    tenant: acme
    directory_id: d
    client_id: c
    client_secret: { env: TOKEN }
    graph_url: "${fake.url}"
    login_url: "${fake.url}"
  - id: google
    feed: google-workspace
    via: api
    tenant: acme
    service_account: sa@x.example
    private_key: { env: KEY }
    subject: admin@acme.example
    applications: [login, admin]
    url: "${fake.url}"
    token_url: "${fake.url}/token"
  - { id: github, feed: github-audit, via: api, tenant: acme, owner: acme, token: { env: TOKEN }, url: "${fake.url}" }
  - id: m365
    feed: m365-audit
    via: api
    tenant: acme
    directory_id: d
    client_id: c
    client_secret: { env: TOKEN }
    content_types: [Audit.Exchange]
    url: "${fake.url}"
    login_url: "${fake.url}"
`,
    env,
  );
  const texts = async (feed: string): Promise<string[]> =>
    (await run.records(feed)).map((record) => Buffer.from(record.bytes).toString()).sort();
  try {
    const counts = { okta: 1, entra: 2, 'google-workspace': 2, 'github-audit': 1, 'm365-audit': 1 };
    await run.until(async () => {
      for (const [feed, count] of Object.entries(counts))
        if ((await texts(feed)).length < count) return false;
      return true;
    });
    assert.deepEqual(await texts('entra'), ['{"id":"entra-audit-1"}', '{"id":"entra-signin-1"}']);
    assert.deepEqual(await texts('m365-audit'), ['{"Id":"Audit.Exchange"}']);
    const all = await run.records('okta');
    assert.equal(
      all.every(({ tenant, verified }) => tenant === 'acme' && verified),
      true,
    );
    await run.until(async () => /source_records\w*\{[^}]*entra\.signIns[^}]*\} 1/.test(await run.metrics()));
    const ids = await run.metrics();
    assert.match(ids, /source_records\w*\{[^}]*entra\.directoryAudits[^}]*\} 1/);
    for (const id of ['okta', 'entra.directoryAudits', 'entra.signIns', 'google.login', 'google.admin'])
      assert.equal(ids.includes(id), true, `${id} has metrics of its own`);
    assert.equal((await run.told()).includes(canary), false);
  } finally {
    await run.stop();
  }
});

test('a feed at a private address is refused before anything starts, with the way to allow it', async () => {
  const config = `
sources:
  - { id: okta, feed: okta, via: api, tenant: acme, url: "https://10.1.2.3", token: { env: TOKEN } }
`;
  await assert.rejects(startConfigured(config, env), (error: Error) => {
    assert.match(error.message, /10\.1\.2\.3 is not public; list its network under outgoing\.allow_networks/);
    return !error.message.includes(canary);
  });
});

test('CloudTrail by queue and syslog by TCP are configured in a few lines and reach the log', async () => {
  let isTaken = false;
  const aws = await startFake(({ method, headers }) => {
    if (method === 'GET') return { body: '{"Records":[{"eventID":"trail-1"}]}' };
    const target = headers['x-amz-target'];
    if (target === 'AmazonSQS.DeleteMessage') isTaken = true;
    const message = { MessageId: 'm', ReceiptHandle: 'r', Body: '{"s3Bucket":"trail","s3ObjectKey":["k"]}' };
    return { body: isTaken ? {} : { Messages: [message] } };
  });
  const port = await freePort();
  const run = await startConfigured(
    `
sources:
  - id: trail
    feed: aws-cloudtrail
    via: sqs
    tenant: acme
    region: eu-central-1
    queue_url: "${aws.url}/1/trail"
    access_key_id: AKIAIOSFODNN7EXAMPLE
    secret_access_key: { env: TOKEN }
    s3_url: "${aws.url}"
  - { id: ns1, feed: bind-log, via: syslog, tenant: acme, listen: "127.0.0.1:${port}" }
`,
    env,
  );
  try {
    const socket = connect(port, '127.0.0.1');
    socket.end('<30>1 - ns1 named - - - zone acme.example/IN: sending notifies (serial 5)\n');
    await run.until(async () => (await run.records('aws-cloudtrail')).length > 0 && isTaken);
    await run.until(async () => (await run.records('bind-log')).length > 0);
    assert.equal((await run.told()).includes(canary), false);
  } finally {
    await run.stop();
    await aws.close();
  }
});
