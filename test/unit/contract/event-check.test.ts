/** The plain check of events beside the schema: it may refuse more, never less, and it must know what normalisers make. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { isPlainEvent } from '../../../collector/src/contract/event-check.ts';
import {
  CanonicalEventSchema,
  fitsEventSchema,
  isCanonicalEvent,
} from '../../../collector/src/contract/event.ts';
import type { SourceName } from '../../../collector/src/contract/source-name.ts';
import { frameFile } from '../../../collector/src/1-source/file/frame-file.ts';
import { normaliserFor } from '../../../collector/src/2-normalise/index.ts';
import { normaliseBytes } from '../2-normalise/normalise-check.ts';

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly type?: string;
}

const schema = CanonicalEventSchema as unknown as SchemaNode;
const fields = Object.keys(schema.properties ?? {});

const at = '2026-11-21T10:00:00.000Z';

/** An event in which every field is filled, groups too. */
const filled = {
  schema: 'urn:zonewarden:event:1.0',
  event_id: 'abcdefghijklmnopqrstuvwx27',
  event_type: 'dns.record.updated',
  event_type_original: 'UPDATE',
  outcome: 'success',
  tenant: 'acme',
  timestamp: at,
  timestamp_earliest: '2026-11-21T09:00:00Z',
  timestamp_precision: 'ms',
  observed_at: at,
  ingested_at: at,
  source_system: 'registrar-a',
  source_kind: 'registrar_audit',
  source_instance: 'account-1',
  source_id: 'rdap-1',
  source_event_id: 'e-1',
  acquisition: 'push',
  confidence: 0.9,
  confidence_basis: 'audit_push',
  normaliser: 'webhook@1',
  actor_id: 'okta:alice',
  actor_type: 'user',
  actor_origin: 'customer',
  actor_name: 'Alice',
  actor_email: 'alice@acme.example',
  on_behalf_of: 'okta:bob',
  auth_method: 'sso',
  mfa: 'webauthn',
  token_id: 'f00d',
  session_id: 's-1',
  source_ip: '192.0.2.1',
  user_agent: 'curl/8',
  request_id: 'r-1',
  domain: 'xn--bcher-kva.example',
  domain_unicode: 'bücher.example',
  zone: 'example',
  record_name: 'www.xn--bcher-kva.example',
  record_type: 'HTTPS',
  attribute: 'nameservers',
  old_value: ['a', 'b'],
  old_known: true,
  old_from: 'ledger',
  new_value: null,
  added: ['c'],
  removed: [],
  truncated: 0,
  ttl_old: 300,
  ttl_new: 60,
  ttl_delta: -240,
  transaction_id: 't-1',
  transaction_size: 2,
  sequence: '7',
  change_fact_id: 'f-1',
  change_request_id: 'c-1',
  approver: 'okta:carol',
  approval_state: 'not_checked',
  deployment_correlation_id: 'd-1',
  registrar: 'registrar-a',
  registrar_account: 'registrar-a/1',
  dns_provider: 'dns-a',
  cert: {
    fingerprint_sha256: '00',
    tbs_sha256: '01',
    spki_sha256: '02',
    serial: '03',
    issuer_cn: 'CA 1',
    issuer_org: 'CA',
    subject_cn: 'a.example',
    names: ['a.example'],
    names_truncated: 1,
    not_before: at,
    not_after: '2027-01-01T00:00:00Z',
    validation: 'dv',
    acme_account_uri: 'https://ca.example/acct/1',
    log_id: 'l',
    log_name: 'log',
    log_index: 12,
    is_precert: false,
  },
  query: {
    window_s: 60,
    count: 3,
    by_rcode: { NOERROR: 3 },
    by_asn: { '64496': 3 },
    by_country: { NL: 3 },
    vantage: 'ams',
    resolver: '192.0.2.53',
    client: '192.0.2.9',
    question: 'a.example A',
    rcode: 'NOERROR',
    answers: ['192.0.2.1'],
    validated: true,
    alias: 'a.cdn.example',
  },
  identity: {
    target_user: 'bob',
    target_role: 'admin',
    target_group: 'ops',
    factor: 'push',
    risk_level: 'high',
    risk_reasons: ['new device'],
    app: 'registrar',
    policy: 'p',
  },
  mail: {
    mailbox: 'bob@acme.example',
    forward_to: ['x@elsewhere.example'],
    forward_to_domain: 'elsewhere.example',
    rule_name: 'r',
    message_id: 'm',
    subject: 's',
    report_org: 'o',
    report_id: 'i',
    pass: 1,
    fail: 0,
  },
  enrich: { domain: { tier: 0 } },
  feature: { spike: 1 },
  source: { anything: [1, { b: 2 }] },
  raw: {
    sha256: 'a'.repeat(64),
    content_type: 'application/json',
    size: 7,
    pointer: 'log:1',
    inline: '{"a":1}',
    redactions: ['token'],
  },
  links: [{ rel: 'cause', event_id: 'abcdefghijklmnopqrstuvwx27' }],
};

function fullEvent(): Record<string, unknown> {
  return structuredClone(filled);
}

/** Paths of every member the schema names, groups and their members. */
function pathsOf(node: SchemaNode): string[][] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => [
    [name],
    ...pathsOf(child).map((path) => [name, ...path]),
  ]);
}

function withValue(path: readonly string[], value: unknown): Record<string, unknown> {
  const event = fullEvent();
  let at = event;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
  const last = path.at(-1) ?? '';
  if (value === removed) delete at[last];
  else at[last] = value;
  return event;
}

const removed = Symbol('removed');

/** Where schema and plain check tend to differ: kinds, ends of lengths and ranges, patterns, lists, odd texts. */
const awkward: readonly unknown[] = [
  removed,
  undefined,
  null,
  true,
  0,
  -1,
  1,
  1.5,
  Number.NaN,
  Infinity,
  2 ** 53,
  12n,
  '',
  'x',
  'unknown',
  'é',
  'e\u0301',
  '\u{1f600}',
  '\ud800',
  'x\n',
  'a\u0000b',
  ...[16, 17, 45, 46, 255, 256, 512, 513, 4096, 4097, 32_768, 32_769].map((length) => 'x'.repeat(length)),
  '\u{1f600}'.repeat(200),
  'A',
  'a1',
  'TYPE65280',
  '2026-11-21T10:00:00Z',
  '2026-11-21T10:00:00.000Z\n',
  '2026-11-21T10:00:00.00Z',
  '2026-11-21t10:00:00.000Z',
  '2026-11-21T10:00:00,000Z',
  '٢٠٢٦-11-21T10:00:00.000Z',
  'urn:zonewarden:event:1.0',
  'urn:zonewarden:event:1.7',
  'urn:zonewarden:event:2.0',
  'abcdefghijklmnopqrstuvwxyz',
  'abcdefghijklmnopqrstuvwx18',
  'A'.repeat(26),
  'f'.repeat(64),
  'F'.repeat(64),
  'g'.repeat(64),
  [],
  ['x'],
  [1],
  [undefined],
  Object.assign([], { length: 2 }),
  ['x'.repeat(4097)],
  Array.from({ length: 100 }, () => 'x'),
  Array.from({ length: 101 }, () => 'x'),
  Array.from({ length: 256 }, () => 'x'),
  Array.from({ length: 257 }, () => 'x'),
  [{ rel: 'a', event_id: 'b' }],
  [{ rel: 'a' }],
  [[]],
  {},
  { x: 1 },
  { x: 'y' },
  { x: undefined },
  { 'a\nb': 'not a number' },
  Object.create(null),
];

function compare(candidate: unknown, what: string): void {
  const bySchema = fitsEventSchema(candidate);
  if (isPlainEvent(candidate)) assert.ok(bySchema, `the plain check lets through: ${what}`);
  assert.equal(isCanonicalEvent(candidate), bySchema, what);
}

function shown(value: unknown): string {
  return inspect(value).slice(0, 60);
}

test('the full event has every field of the schema and passes both', () => {
  assert.deepEqual(Object.keys(fullEvent()).sort(), [...fields].sort());
  for (const group of ['cert', 'query', 'identity', 'mail', 'raw'])
    assert.deepEqual(
      Object.keys(fullEvent()[group] as object).sort(),
      Object.keys(schema.properties?.[group]?.properties ?? {}).sort(),
      group,
    );
  assert.ok(fitsEventSchema(fullEvent()));
  assert.ok(isPlainEvent(fullEvent()));
});

test('every member with every awkward value: the plain check accepts nothing that the schema refuses', () => {
  for (const path of pathsOf(schema))
    for (const value of awkward) compare(withValue(path, value), `${path.join('/')} = ${shown(value)}`);
});

test('what the schema refuses in one member the plain check refuses too, and most of what it accepts is known', () => {
  let accepted = 0;
  let known = 0;
  for (const path of pathsOf(schema))
    for (const value of awkward) {
      const candidate = withValue(path, value);
      if (!fitsEventSchema(candidate)) continue;
      accepted += 1;
      if (isPlainEvent(candidate)) known += 1;
    }
  assert.ok(accepted > 2000, `${accepted} accepted`);
  assert.ok(known / accepted > 0.95, `${known} of ${accepted}`);
});

test('several members changed at random, any JSON in them', () => {
  const paths = pathsOf(schema);
  const change = fc.tuple(
    fc.constantFrom(...paths),
    fc.oneof(fc.constantFrom(...awkward), fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: 'binary' })),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const event = fullEvent();
      for (const [path, value] of changes) {
        let at: unknown = event;
        for (const name of path.slice(0, -1))
          at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined;
        if (typeof at !== 'object' || at === null) continue;
        const last = path.at(-1) ?? '';
        if (value === removed) delete (at as Record<string, unknown>)[last];
        else (at as Record<string, unknown>)[last] = value;
      }
      compare(
        event,
        JSON.stringify(changes, (_, each: unknown) => (typeof each === 'bigint' ? '1n' : each)),
      );
    }),
    { numRuns: 3000, seed: 11 },
  );
});

test('things that are no events at all', () => {
  for (const value of awkward) compare(value, shown(value));
});

test('every event of the samples is known to the plain check', (t) => {
  const samples = new URL('../../../../shared/samples/', import.meta.url);
  if (!existsSync(samples)) return t.skip('samples are not here');
  let count = 0;
  for (const source of readdirSync(samples)) {
    const normaliser = normaliserFor(source as SourceName);
    if (normaliser === undefined || source === 'dmarc') continue;
    for (const file of readdirSync(new URL(`${source}/`, samples))) {
      if (file === 'SOURCE.md') continue;
      const bytes = readFileSync(new URL(`${source}/${file}`, samples));
      for (const record of frameFile(source as SourceName, file, bytes)) {
        const outcome = 'bytes' in record ? normaliseBytes(normaliser, record.bytes) : undefined;
        if (outcome?.ok !== true) continue;
        for (const event of outcome.value) {
          assert.ok(isPlainEvent(event), `${file}#${record.index}`);
          assert.ok(fitsEventSchema(event), `${file}#${record.index}`);
          count += 1;
        }
      }
    }
  }
  assert.ok(count > 300, `${count} events`);
  return undefined;
});
