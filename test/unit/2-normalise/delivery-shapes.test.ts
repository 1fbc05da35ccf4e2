/** What pipelines put around a record adds nothing and takes nothing: same events, same ids, whoever delivered it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { normaliserFor } from '../../../collector/src/2-normalise/index.ts';
import type { SourceName } from '../../../collector/src/contract/source-name.ts';
import { normaliseBytes } from './normalise-check.ts';

type Record_ = Readonly<Record<string, unknown>>;
type Shape = (record: Record_) => unknown;

const base64 = (record: Record_): string => Buffer.from(JSON.stringify(record)).toString('base64');

/** Search stores, log shippers, message queues: the same for every feed. */
const everyFeed: readonly [name: string, shape: Shape][] = [
  ['Elasticsearch hit', (record) => ({ _index: 'logs', _id: '1', _source: record })],
  [
    'Elasticsearch fields with the original',
    (record) => ({ fields: { 'event.original': [JSON.stringify(record)] } }),
  ],
  ['Elasticsearch fields, names joined by dots', (record) => ({ _id: '1', fields: dotted(record) })],
  ['Datadog log', (record) => ({ message: 'audit', attributes: record })],
  ['Splunk HEC', (record) => ({ time: 1, sourcetype: 'json', event: record })],
  ['Splunk HEC with text', (record) => ({ sourcetype: 'json', event: JSON.stringify(record) })],
  ['ECS original', (record) => ({ '@timestamp': '', event: { original: JSON.stringify(record) } })],
  ['SNS notification', (record) => ({ Type: 'Notification', Message: JSON.stringify(record) })],
  ['SQS of SNS', (record) => ({ body: JSON.stringify({ Message: JSON.stringify(record) }) })],
  ['Cloud Logging text', (record) => ({ textPayload: JSON.stringify(record), insertId: '1' })],
  ['log tailer', (record) => ({ log: JSON.stringify(record), stream: 'stdout' })],
];

/** What the `fields` of a search answer make of a record: texts and numbers in lists, objects gone into the names. */
function dotted(record: Record_, prefix = ''): Record_ {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    if (value === null) continue;
    if (typeof value === 'object' && !Array.isArray(value))
      Object.assign(fields, dotted(value as Record_, `${prefix}${name}.`));
    else fields[prefix + name] = Array.isArray(value) ? value : [value];
  }
  return fields;
}

const ofFeed: Readonly<Partial<Record<SourceName, readonly [name: string, shape: Shape][]>>> = {
  okta: [
    ['list', (record) => ({ events: [record] })],
    ['event hook', (record) => ({ eventType: 'com.okta.event_hook', data: { events: [record] } })],
    ['agent', (record) => ({ okta: record })],
  ],
  entra: [['event hub', (record) => ({ records: [record] })]],
  'aws-cloudtrail': [['object', (record) => ({ Records: [record] })]],
  'gcp-dns': [
    ['entries.list', (record) => ({ entries: [record] })],
    ['Pub/Sub pull', (record) => ({ receivedMessages: [{ message: { data: base64(record) } }] })],
    ['Pub/Sub message', (record) => ({ data: base64(record), attributes: {} })],
  ],
  'google-workspace': [
    ['activities.list', (record) => ({ items: [record] })],
    ['Pub/Sub push', (record) => ({ message: { data: base64(record) } })],
  ],
  'cloudflare-audit': [['API answer', (record) => ({ success: true, result: [record] })]],
  'github-audit': [['agent', (record) => ({ data: { github: record } })]],
  'm365-audit': [['export', (record) => ({ AuditData: JSON.stringify(record) })]],
};

function firstVariant(source: SourceName): Record_ {
  const url = new URL(`../../fixtures/variants/${source}.json`, import.meta.url);
  const variants = JSON.parse(readFileSync(url, 'utf8')) as { record?: Record_; expect?: unknown[] }[];
  const bare: Partial<Record<SourceName, string>> = { entra: 'operationName', 'gcp-dns': 'protoPayload' };
  const member = bare[source];
  const found = variants.find(
    ({ record, expect }) =>
      record !== undefined && expect?.length === 1 && (member === undefined || Object.hasOwn(record, member)),
  );
  assert.ok(found?.record !== undefined, source);
  return found.record;
}

for (const [source, own] of Object.entries(ofFeed) as [SourceName, (typeof ofFeed)[SourceName]][]) {
  const normaliser = normaliserFor(source);
  const record = firstVariant(source);
  for (const [name, shape] of [...everyFeed, ...(own ?? [])])
    test(`${source}: ${name}`, () => {
      assert.ok(normaliser !== undefined);
      const read = (value: unknown) => {
        const outcome = normaliseBytes(normaliser, Buffer.from(JSON.stringify(value)));
        assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.failure.path} ${outcome.failure.message}`);
        return outcome.value.map(({ event_type: type, event_id: id, domain, actor_id: actor }) => ({
          type,
          id,
          domain,
          actor,
        }));
      };
      assert.deepEqual(read(shape(record)), read(record));
    });
}
