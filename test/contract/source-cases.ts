/** Every source that asks somebody, with a fake of the other side that pages as the vendor documents it, for the suite that all must pass. */
import type { SourceRun, Surroundings } from '../../collector/src/contract/component.ts';
import type { SourceName } from '../../collector/src/contract/source-name.ts';
import { createCertSpotterSource } from '../../collector/src/1-source/cert-spotter/cert-spotter-source.ts';
import { createCloudflareAuditSource } from '../../collector/src/1-source/cloudflare-audit/cloudflare-audit-source.ts';
import { createCloudtrailQueueSource } from '../../collector/src/1-source/cloudtrail-queue/cloudtrail-queue-source.ts';
import { createOktaSource } from '../../collector/src/1-source/okta/okta-source.ts';
import { createSecret } from '../../collector/src/leaf/secret.ts';
import { identityOf, type Fake, type FakeAnswer, type FakeCall } from '../unit/1-source/api-fake.ts';
import { serviceAccountKey, windowBuilds } from '../unit/1-source/window-builds.ts';

/** What every credential of the suite contains; it must be seen nowhere. */
export const canary = 'CANARY-4e7f1c';

/** The other side: `log` holds record ids, oldest first; the fake shows them in pages of two. */
export interface Vendor {
  log: string[];
}

/** One source under test. */
export interface SourceCase {
  readonly name: string;
  readonly feed: SourceName;
  /** True when records appear late and windows overlap. */
  readonly hasOverlap: boolean;
  /** True when pages name the next one by a link or token that could lead in a circle. */
  readonly canLoop: boolean;
  readonly build: (fake: Fake) => (around: Surroundings) => SourceRun;
  readonly answer: (vendor: Vendor, call: FakeCall) => FakeAnswer;
  /** A page that names itself as the next one. */
  readonly loop?: (call: FakeCall) => FakeAnswer;
  /** Id of a stored record. */
  readonly idOf: (text: string) => string;
}

const secret = createSecret(canary);
const at = '2026-11-20T11:30:00.000Z';
const builds = windowBuilds({
  clientSecret: secret,
  token: secret,
  privateKey: createSecret(serviceAccountKey()),
});

/** Two records from an offset, and the offset after them when there are more. */
function page(vendor: Vendor, offset: number): { ids: string[]; next: number | undefined } {
  const ids = vendor.log.slice(offset, offset + 2);
  return { ids, next: offset + 2 < vendor.log.length ? offset + 2 : undefined };
}

function field(text: string, ...path: string[]): string {
  let value: unknown = JSON.parse(text);
  for (const name of path) value = (value as Record<string, unknown>)[name];
  return String(value);
}

function withToken(next: (call: FakeCall) => FakeAnswer): (call: FakeCall) => FakeAnswer {
  return (call) => {
    if (call.url.pathname.endsWith('/token'))
      return { body: { access_token: `${canary}-bearer`, expires_in: 3600 } };
    return (call.headers.authorization ?? '').includes(canary) ? next(call) : { status: 401 };
  };
}

const offsetOf = ({ url }: FakeCall, name: string): number => Number(url.searchParams.get(name) ?? '0');
const linkTo = ({ url }: FakeCall, name: string, value: string | number): string => {
  const next = new URL(url);
  next.searchParams.set(name, String(value));
  return next.href;
};

const okta: SourceCase = {
  name: 'okta',
  feed: 'okta',
  hasOverlap: false,
  canLoop: true,
  build: (fake) => (around) =>
    createOktaSource(
      { identity: identityOf('okta'), baseUrl: fake.url, apiToken: secret },
      fake.client,
      around,
    ),
  answer: (vendor, call) =>
    withToken(() => {
      const offset = offsetOf(call, 'after');
      const { ids } = page(vendor, offset);
      return {
        headers: { link: `<${linkTo(call, 'after', offset + ids.length)}>; rel="next"` },
        body: ids.map((id) => ({ uuid: id, published: at, eventType: 'user.session.start' })),
      };
    })(call),
  loop: (call) => ({
    headers: { link: `<${call.url.href}>; rel="next"` },
    body: [{ uuid: 'loop', published: at, eventType: 'user.session.start' }],
  }),
  idOf: (text) => field(text, 'uuid'),
};

const entra: SourceCase = {
  name: 'entra',
  feed: 'entra',
  hasOverlap: true,
  canLoop: true,
  build: builds.entra,
  answer: (vendor, call) =>
    withToken(() => {
      const { ids, next } = page(vendor, offsetOf(call, '$skiptoken'));
      const value = ids.map((id) => ({
        id,
        activityDateTime: at,
        activityDisplayName: 'Add user',
        result: 'success',
      }));
      return {
        body: {
          value,
          ...(next === undefined ? {} : { '@odata.nextLink': linkTo(call, '$skiptoken', next) }),
        },
      };
    })(call),
  loop: (call) => ({ body: { value: [], '@odata.nextLink': call.url.href } }),
  idOf: (text) => field(text, 'id'),
};

const google: SourceCase = {
  name: 'google-workspace',
  feed: 'google-workspace',
  hasOverlap: true,
  canLoop: true,
  build: builds.google,
  answer: (vendor, call) =>
    withToken(() => {
      const { ids, next } = page(vendor, offsetOf(call, 'pageToken'));
      const items = ids.map((id) => ({
        id: { time: at, uniqueQualifier: id, applicationName: 'login', customerId: 'C1' },
        actor: { email: 'a@acme.example' },
        events: [{ type: 'login', name: 'login_success' }],
      }));
      return { body: { items, ...(next === undefined ? {} : { nextPageToken: String(next) }) } };
    })(call),
  loop: () => ({ body: { items: [], nextPageToken: 'same' } }),
  idOf: (text) => field(text, 'id', 'uniqueQualifier'),
};

const github: SourceCase = {
  name: 'github-audit',
  feed: 'github-audit',
  hasOverlap: true,
  canLoop: true,
  build: builds.github,
  answer: (vendor, call) =>
    withToken(() => {
      const { ids, next } = page(vendor, offsetOf(call, 'after'));
      return {
        ...(next === undefined ? {} : { headers: { link: `<${linkTo(call, 'after', next)}>; rel="next"` } }),
        body: ids.map((id) => ({
          _document_id: id,
          '@timestamp': 1_795_260_600_000,
          action: 'org.update_member',
          actor: 'x',
        })),
      };
    })(call),
  loop: (call) => ({ headers: { link: `<${call.url.href}>; rel="next"` }, body: [] }),
  idOf: (text) => field(text, '_document_id'),
};

const m365: SourceCase = {
  name: 'm365-audit',
  feed: 'm365-audit',
  hasOverlap: true,
  canLoop: true,
  build: builds.m365,
  answer: (vendor, call) =>
    withToken(() => {
      const blob = /\/blob\/(.+)$/.exec(call.url.pathname)?.[1];
      if (blob !== undefined)
        return {
          body: blob.split(',').map((id) => ({
            Id: id,
            CreationTime: '2026-11-20T11:30:00',
            RecordType: 1,
            Operation: 'Set-Mailbox',
            UserId: 'a@acme.example',
            Workload: 'Exchange',
          })),
        };
      const { ids, next } = page(vendor, offsetOf(call, 'nextPage'));
      return {
        ...(next === undefined ? {} : { headers: { nextpageuri: linkTo(call, 'nextPage', next) } }),
        body: ids.length === 0 ? [] : [{ contentUri: `${call.url.origin}/blob/${ids.join(',')}` }],
      };
    })(call),
  loop: (call) => ({ headers: { nextpageuri: call.url.href }, body: [] }),
  idOf: (text) => field(text, 'Id'),
};

const cloudflare = (version: 'v1' | 'v2'): SourceCase => ({
  name: `cloudflare-audit ${version}`,
  feed: 'cloudflare-audit',
  hasOverlap: true,
  canLoop: version === 'v2',
  build: (fake) => (around) =>
    createCloudflareAuditSource(
      {
        identity: identityOf('cloudflare-audit'),
        accountId: 'acc',
        token: secret,
        version,
        apiUrl: fake.url,
      },
      fake.client,
      around,
    ),
  answer: (vendor, call) =>
    withToken(() => {
      const item = (id: string) =>
        version === 'v2'
          ? {
              id,
              action: { type: 'create', time: at, result: 'success' },
              actor: { id: 'u' },
              resource: { type: 'x' },
            }
          : { id, action: { type: 'login', result: true }, actor: { id: 'u' }, when: at };
      if (version === 'v1') return { body: { success: true, result: vendor.log.map(item) } };
      const { ids, next } = page(vendor, offsetOf(call, 'cursor'));
      return {
        body: {
          success: true,
          result: ids.map(item),
          result_info: { cursor: next === undefined ? '' : String(next) },
        },
      };
    })(call),
  ...(version === 'v2'
    ? { loop: () => ({ body: { result: [{ id: 'loop' }], result_info: { cursor: 'same' } } }) }
    : {}),
  idOf: (text) => field(text, 'id'),
});

const certSpotter: SourceCase = {
  name: 'cert-spotter',
  feed: 'ct',
  hasOverlap: false,
  canLoop: true,
  build: (fake) => (around) =>
    createCertSpotterSource(
      {
        identity: identityOf('ct'),
        domains: ['acme.example'],
        token: secret,
        includeSubdomains: true,
        apiUrl: fake.url,
      },
      fake.client,
      around,
    ),
  answer: (vendor, call) =>
    withToken(() => {
      const after = call.url.searchParams.get('after');
      const from = after === null ? 0 : vendor.log.indexOf(after) + 1;
      return {
        body: vendor.log.slice(from, from + 2).map((id) => ({
          id,
          tbs_sha256: Buffer.from(id.padEnd(32, '.')).toString('hex'),
          dns_names: ['acme.example'],
        })),
      };
    })(call),
  loop: () => ({ body: [{ id: 'loop', tbs_sha256: '00'.repeat(32) }] }),
  idOf: (text) => field(text, 'id'),
};

const cloudtrail: SourceCase = {
  name: 'cloudtrail by queue',
  feed: 'aws-cloudtrail',
  hasOverlap: false,
  canLoop: false,
  build: (fake) => (around) =>
    createCloudtrailQueueSource(
      {
        identity: identityOf('aws-cloudtrail'),
        region: 'us-east-1',
        queueUrl: `${fake.url}/1/trail`,
        keys: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: secret },
        s3Url: fake.url,
      },
      fake.client,
      around,
    ),
  answer: (vendor, call) => {
    const id = /\/trail-bucket\/(.+)$/.exec(call.url.pathname)?.[1];
    if (id !== undefined)
      return {
        body: {
          Records: [
            {
              eventID: id,
              eventTime: at,
              eventName: 'ConsoleLogin',
              eventSource: 'signin.amazonaws.com',
              userIdentity: {},
            },
          ],
        },
      };
    const wish = JSON.parse(call.body) as { ReceiptHandle?: string };
    if (call.headers['x-amz-target'] === 'AmazonSQS.DeleteMessage') {
      vendor.log = vendor.log.filter((each) => each !== wish.ReceiptHandle);
      return { body: {} };
    }
    const { ids } = page(vendor, 0);
    const messages = ids.map((each) => ({
      MessageId: each,
      ReceiptHandle: each,
      Body: JSON.stringify({ s3Bucket: 'trail-bucket', s3ObjectKey: [each] }),
    }));
    return { body: messages.length === 0 ? {} : { Messages: messages } };
  },
  idOf: (text) => field(text, 'eventID'),
};

/** One line per source. */
export const sourceCases: readonly SourceCase[] = [
  okta,
  entra,
  google,
  github,
  m365,
  cloudflare('v1'),
  cloudflare('v2'),
  certSpotter,
  cloudtrail,
];
