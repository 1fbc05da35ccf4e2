/** Parsers of what people and tools write: configuration, inventory, intents, plans, rules, names, values. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../collector/src/app/config-file.ts';
import { sha256Hex } from '../../collector/src/app/digest.ts';
import { parseDocumentText } from '../../collector/src/app/document-file.ts';
import { parseIntents } from '../../collector/src/app/intents-file.ts';
import { checkInventory, parseInventory } from '../../collector/src/app/inventory-file.ts';
import { rdapBootstrap } from '../../collector/src/1-source/rdap/bootstrap.ts';
import { parseRetryAfter } from '../../collector/src/1-source/retry-after.ts';
import { intentImports, intentsFromSignedFile } from '../../collector/src/3-enrich/intent-import/index.ts';
import { networkView } from '../../collector/src/3-enrich/network.ts';
import { readRuleTests } from '../../collector/src/6-detect/rule-test.ts';
import { loadRules } from '../../collector/src/6-detect/rule-set.ts';
import { parsePlaybook } from '../../collector/src/7-case/playbook.ts';
import { readCanonicalEvent } from '../../collector/src/contract/event.ts';
import { canonicalName, registrableDomain, unicodeName } from '../../collector/src/leaf/domain-name.ts';
import { canonicalIp } from '../../collector/src/leaf/ip-address.ts';
import { canonicalRecordData } from '../../collector/src/leaf/record-data.ts';
import { parseInstant } from '../../collector/src/leaf/time.ts';
import { facts } from '../unit/3-enrich/intent-import/import-harness.ts';
import { mmdb } from '../unit/3-enrich/mmdb-bytes.ts';
import { filesIn, ifJson, repository, texts, type Target } from './target.ts';

const inventory = readFileSync(join(repository, 'collector', 'demo', 'inventory.yaml'));
const intents =
  'version: 1\nintents:\n  - {id: C1, tenant: t, valid_from: 2026-01-01T00:00:00Z, valid_until: 2026-01-02T00:00:00Z, changes: [{domain: a.example, action: delegation, new: [ns1.b.example]}]}\n';
const aliases = 'a: &a [1, *a]\nb: {<<: *a}\n? {c: 1}\n: !!binary AAAA\n--- \n"\\u0000": |2\n  x\n';

function rulesIn(folder: string, tests: boolean): Uint8Array[] {
  return filesIn(join(repository, 'collector', 'rules', folder))
    .filter(([name]) => name.endsWith('.yaml') && name.includes('.test.') === tests)
    .map(([, bytes]) => bytes);
}

const modifiers =
  'title: x\nlogsource: {product: zonewarden}\ndetection:\n  a: {domain|re|i: "^(a+)+$", actor|cidr: 192.0.2.0/24, new|base64offset|contains: x, old|windash|all: ["-a", "-b"]}\n  b: {n|gte: 3, f|exists: true, g: null}\n  condition: 1 of a* and not (b or all of them)\n';
const correlated =
  'title: r\nname: r\nlogsource: {product: x}\ndetection: {a: {b: c}, condition: a}\n---\ntitle: c\ncorrelation: {type: value_count, rules: [r], group-by: [domain], timespan: 5m, condition: {gte: 3, field: actor}}\n';

const plans: Readonly<Record<keyof typeof intentImports, readonly string[]>> = {
  dnscontrol: [
    '[{"domain":"pay.example","corrections":1,"correction_details":["± MODIFY pay.example A (192.0.2.10 ttl=60) -> (192.0.2.44 ttl=300)"],"provider":"bind"}]',
  ],
  octodns: [
    '[{"type":"create","record":{"name":"www","type":"A","ttl":60,"values":["192.0.2.1"]},"zone":"pay.example."}]',
    '{"pay.example.":{"config":{"desired":{"records":[{"name":"","type":"A","values":["192.0.2.1"]}]}}}}',
  ],
  terraform: [
    '{"format_version":"1.2","resource_changes":[{"address":"aws_route53_record.x","type":"aws_route53_record","change":{"actions":["update"],"before":{"name":"pay.example","type":"A","records":["192.0.2.10"]},"after":{"name":"pay.example","type":"A","records":["192.0.2.44"]}}}]}',
  ],
  servicenow: [
    '{"result":{"number":"CHG1","start_date":"2026-11-21 12:00:00","end_date":"2026-11-21 13:00:00","approval":"approved","u_changes":"pay.example A 192.0.2.44"}}',
  ],
  jira: [
    '{"issue":{"key":"OPS-1","fields":{"status":{"name":"Approved"},"description":"```zonewarden\\nrecord pay.example A 192.0.2.44\\n```"}}}',
  ],
};

const signedPlan = ['{"alg":"EdDSA","kid":"k"}', '{"version":1,"intents":[]}', 'sig']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');

const config = `version: 1
listen: 127.0.0.1:0
inventory: inventory.yaml
retention: {log_days: 3}
sources:
  - {id: a, feed: dnsimple, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-s, secret: {env: S}}}
  - {id: b, feed: okta, via: api, tenant: acme, url: 'https://x.example', token: {file: t}}
sinks: [{id: prometheus, kind: prometheus}, {id: o, kind: otlp, endpoint: 'http://127.0.0.1:4318'}]
outgoing: {allow_networks: [127.0.0.0/8], allow_plain_http: [x.example]}
api: {tokens: [{id: t, sha256: ${'a'.repeat(64)}, tenants: ['*'], roles: [admin]}]}
`;

let directory = '';

async function configOf(bytes: Buffer): Promise<unknown> {
  const path = join(directory, 'zonewarden.yaml');
  writeFileSync(path, bytes);
  const loaded = await loadConfig(path, { env: { S: 'x' }, workingDirectory: directory });
  if (loaded.ok) return 'fits';
  if (loaded.problems.length === 0) throw new Error('refused without a reason');
  return loaded.problems.map(({ message }) => message).slice(0, 3);
}

/** Address in the fuzzed database and one that is not. */
function lookUp(bytes: Buffer): unknown {
  const view = networkView([{ name: 'fuzz', bytes }]);
  return view.ok ? [view.value.facts('10.1.2.3'), view.value.facts('2001:db8::1')] : view.failure.code;
}

/** What a person or a tool writes; larger files are read too, and take longer. */
const bytesMax = 2 * 1_048_576;

const all: readonly Target[] = [
  {
    name: 'configuration',
    seeds: texts(config),
    open: async () => {
      directory = mkdtempSync(join(tmpdir(), 'zonewarden-fuzz-'));
    },
    close: async () => rmSync(directory, { recursive: true, force: true }),
    run: configOf,
  },
  {
    name: 'document',
    seeds: [...texts(aliases, '{"a":{"b":[1]}}'), inventory],
    run: (bytes) => {
      const read = parseDocumentText('fuzz.yaml', bytes.toString('utf8'));
      return read.ok ? typeof read.document.value : read.problems[0]?.message;
    },
  },
  {
    name: 'inventory',
    seeds: [inventory],
    run: (bytes) => parseInventory('fuzz', bytes.toString('utf8')).ok,
  },
  { name: 'intents', seeds: texts(intents), run: (bytes) => parseIntents('fuzz', bytes.toString('utf8')).ok },
  {
    name: 'inventory value',
    seeds: texts(JSON.stringify(parse(inventory.toString('utf8')))),
    run: (bytes) => ifJson(bytes, (value) => checkInventory('fuzz', value).ok),
  },
  ...Object.entries(intentImports).map(([tool, read]) => ({
    name: `intents from ${tool}`,
    seeds: texts(...plans[tool as keyof typeof plans]),
    run: (bytes: Buffer) => {
      const outcome = read(bytes.toString('utf8'), facts);
      return outcome.ok ? outcome.value.refused.map(({ code }) => code) : outcome.failure.message;
    },
  })),
  {
    name: 'intents from a signed file',
    seeds: texts(signedPlan),
    run: (bytes) => intentsFromSignedFile(bytes.toString('latin1'), facts, () => true),
  },
  {
    name: 'sigma rule',
    seeds: [...rulesIn('registrar', false), ...rulesIn('dns', false), ...texts(modifiers, correlated)],
    run: (bytes) =>
      loadRules([{ path: 'fuzz', text: bytes.toString('utf8') }], { sha256: sha256Hex }).problems.map(
        ({ reason }) => reason,
      ),
  },
  {
    name: 'rule tests',
    seeds: rulesIn('registrar', true).slice(0, 5),
    run: (bytes) => {
      const read = parseDocumentText('fuzz', bytes.toString('utf8'));
      return read.ok ? readRuleTests('fuzz', read.document.value) : undefined;
    },
  },
  {
    name: 'canonical event',
    seeds: texts(
      '{"schema":"urn:zonewarden:event:1.9","event_type":"registrar.domain.new_kind","outcome":"maybe"}',
    ),
    run: (bytes) => ifJson(bytes, readCanonicalEvent),
  },
  {
    name: 'playbook',
    seeds: texts(
      '{"id":"PB1","title":"t","when":"w","steps":[{"id":"a","mode":"manual","text":"do {x}","facts":["x"]}]}',
    ),
    run: (bytes) => ifJson(bytes, parsePlaybook),
  },
  {
    name: 'names',
    seeds: texts(
      '*.Login.EXAMPLE.com.',
      'xn--mnchen-3ya.example',
      '_dmarc.a.b.co.uk',
      'münchen.example',
      '2026-01-01T00:00:00.1+02:00',
      '::ffff:192.0.2.1',
    ),
    run: (bytes) => {
      const text = bytes.toString(bytes.length % 2 === 0 ? 'latin1' : 'utf8');
      const name = canonicalName(text);
      if (name !== undefined && canonicalName(name) !== name) throw new Error(`${name} is not canonical`);
      const ip = canonicalIp(text);
      if (ip !== undefined && canonicalIp(ip) !== ip) throw new Error(`${ip} is not canonical`);
      return [
        name === undefined,
        registrableDomain(text),
        unicodeName(text),
        ip,
        parseInstant(text),
        parseRetryAfter(text, 0),
      ].map((one) => typeof one);
    },
  },
  {
    name: 'record data',
    seeds: texts(
      '10 mx1.Example.',
      '"v=spf1 -all"',
      '2001:DB8::1',
      '0 issue "ca.example; x=y"',
      '12345 13 2 ABCDEF',
      'ns. host. 1 2 3 4 5',
      '1 svc.example alpn="h2,h3" port=443',
      '\\# 4 0A000001',
    ),
    run: (bytes) => {
      const text = bytes.toString('utf8');
      for (const type of [
        'A',
        'AAAA',
        'MX',
        'TXT',
        'CAA',
        'DS',
        'SOA',
        'SRV',
        'TLSA',
        'NS',
        'HTTPS',
        'TYPE65280',
      ]) {
        const once = canonicalRecordData(type, text);
        if (once !== undefined && canonicalRecordData(type, once) !== once)
          throw new Error(`${type} ${JSON.stringify(once)} is not canonical`);
      }
    },
  },
  {
    name: 'rdap bootstrap',
    seeds: texts(
      '{"version":"1.0","publication":"2026-01-01T00:00:00Z","services":[[["com","net"],["https://rdap.example/"]]]}',
    ),
    run: (bytes) => rdapBootstrap(bytes.toString('utf8')).ok,
  },
  {
    name: 'address database',
    seeds: [mmdb(10, { country: { iso_code: 'DE' }, autonomous_system_number: 64500 })],
    run: lookUp,
  },
];

/** All of them. */
export const documentTargets: readonly Target[] = all.map((target) => ({ bytesMax, ...target }));
