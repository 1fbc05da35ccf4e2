/** Every parser that meets foreign bytes, with seeds to start from. A target must return, whatever it is given. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { checkInventory, parseInventory } from '../../collector/src/app/inventory-file.ts';
import { parseIntents } from '../../collector/src/app/intents-file.ts';
import { sha256Hex } from '../../collector/src/app/digest.ts';
import { frameFile } from '../../collector/src/1-source/file/frame-file.ts';
import { normaliserFor } from '../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import { loadRules } from '../../collector/src/6-detect/rule-set.ts';
import { parsePlaybook } from '../../collector/src/7-case/playbook.ts';
import { readCanonicalEvent } from '../../collector/src/contract/event.ts';
import { sourceNames, type SourceName } from '../../collector/src/contract/source-name.ts';
import { readDnsMessage } from '../../collector/src/leaf/dns-message.ts';
import { canonicalName, registrableDomain, unicodeName } from '../../collector/src/leaf/domain-name.ts';
import { canonicalIp } from '../../collector/src/leaf/ip-address.ts';
import { canonicalRecordData } from '../../collector/src/leaf/record-data.ts';
import { parseInstant } from '../../collector/src/leaf/time.ts';
import { decodeLogEntry, encodeLogEntry } from '../../collector/src/log/entry-codec.ts';

/** One parser. `seeds` is never empty. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  readonly run: (bytes: Buffer) => unknown;
}

const repository = fileURLToPath(new URL('../..', import.meta.url));
const samples = join(repository, '..', 'shared', 'samples');
const own = join(repository, 'collector', 'demo', 'records');

function filesIn(folder: string): [name: string, bytes: Buffer][] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.endsWith('.md'))
      .map((name) => [name, readFileSync(join(folder, name))]);
  } catch {
    return [];
  }
}

/** Synthetic records of a feed, in this repository where the samples are not. */
function variantsOf(source: SourceName): Uint8Array[] {
  const path = join(repository, 'test', 'fixtures', 'variants', `${source}.json`);
  if (!existsSync(path)) return [];
  const variants = JSON.parse(readFileSync(path, 'utf8')) as { record?: unknown; text?: string }[];
  return variants.map(({ record, text }) => Buffer.from(text ?? JSON.stringify(record) ?? ''));
}

function seedsOf(source: SourceName): Uint8Array[] {
  const seeds: Uint8Array[] = [];
  for (const [name, bytes] of filesIn(join(samples, source)))
    for (const framed of frameFile(source, name, bytes))
      if ('bytes' in framed && seeds.length < 40) seeds.push(framed.bytes);
  for (const variant of variantsOf(source)) seeds.push(variant);
  return seeds.length > 0 ? seeds : filesIn(own).map(([, bytes]) => bytes);
}

const context = { sha256: sha256Hex };

function normaliserTarget(source: SourceName): Target[] {
  const normaliser = normaliserFor(source);
  if (normaliser === undefined) return [];
  const run = (bytes: Buffer): unknown => {
    const record = {
      tenant: 't',
      source,
      receivedAtMs: 1_790_000_000_000,
      contentType: 'application/json',
      verified: true,
      bytes,
    };
    const outcome = normaliseRecord(record, normaliser, record.receivedAtMs, context);
    if (
      !outcome.ok &&
      (outcome.failure.code === 'normaliser_bug' || outcome.failure.code === 'schema_violation')
    )
      throw new Error(outcome.failure.message);
    return outcome;
  };
  return [{ name: `normalise/${source}`, seeds: seedsOf(source), run }];
}

function rulesSeeds(): Uint8Array[] {
  const folder = join(repository, 'collector', 'rules', 'registrar');
  return filesIn(folder)
    .filter(([name]) => name.endsWith('.yaml') && !name.includes('.test.'))
    .map(([, bytes]) => bytes);
}

const inventory = readFileSync(join(repository, 'collector', 'demo', 'inventory.yaml'));
const intents = Buffer.from(
  'version: 1\nintents:\n  - {id: C1, tenant: t, valid_from: 2026-01-01T00:00:00Z, valid_until: 2026-01-02T00:00:00Z, changes: [{domain: a.example, action: delegation, new: [ns1.b.example]}]}\n',
);
const names = ['*.Login.EXAMPLE.com.', 'xn--mnchen-3ya.example', '_dmarc.a.b.co.uk'].map((text) =>
  Buffer.from(text),
);

/** All targets. */
export const targets: readonly Target[] = [
  ...sourceNames.flatMap(normaliserTarget),
  { name: 'dns message', seeds: seedsOf('dns-xfr'), run: (bytes) => readDnsMessage(bytes) },
  {
    name: 'names',
    seeds: names,
    run: (bytes) => {
      const text = bytes.toString('latin1');
      return [
        canonicalName(text),
        registrableDomain(text),
        unicodeName(text),
        canonicalIp(text),
        parseInstant(text),
      ];
    },
  },
  {
    name: 'record data',
    seeds: ['10 mx1.Example.', '"v=spf1 -all"', '2001:DB8::1', '0 issue "ca.example; x=y"'].map((text) =>
      Buffer.from(text),
    ),
    run: (bytes) =>
      ['A', 'AAAA', 'MX', 'TXT', 'CAA', 'DS', 'SOA', 'TYPE65280'].map((type) =>
        canonicalRecordData(type, bytes.toString('utf8')),
      ),
  },
  { name: 'inventory', seeds: [inventory], run: (bytes) => parseInventory('fuzz', bytes.toString('utf8')) },
  { name: 'intents', seeds: [intents], run: (bytes) => parseIntents('fuzz', bytes.toString('utf8')) },
  {
    name: 'inventory value',
    seeds: [Buffer.from(JSON.stringify(parse(inventory.toString('utf8'))))],
    run: (bytes) => ifJson(bytes, (value) => checkInventory('fuzz', value)),
  },
  {
    name: 'sigma rule',
    seeds: rulesSeeds(),
    run: (bytes) => loadRules([{ path: 'fuzz', text: bytes.toString('utf8') }], { sha256: sha256Hex }),
  },
  {
    name: 'canonical event',
    seeds: [
      Buffer.from(
        '{"schema":"urn:zonewarden:event:1.9","event_type":"registrar.domain.new_kind","outcome":"maybe"}',
      ),
    ],
    run: (bytes) => ifJson(bytes, readCanonicalEvent),
  },
  {
    name: 'playbook',
    seeds: [Buffer.from('{"id":"PB1","title":"t","when":"w","steps":[]}')],
    run: (bytes) => ifJson(bytes, parsePlaybook),
  },
  {
    name: 'log entry',
    seeds: [
      Buffer.concat(
        [encodeLogEntry({ kind: 'control', atMs: 1, type: 'tick', body: { a: [1, 2] } })]
          .flat()
          .map((part) => Buffer.from(part as Uint8Array)),
      ),
    ],
    run: (bytes) => decodeLogEntry(bytes),
  },
];

function ifJson(bytes: Buffer, use: (value: unknown) => unknown): unknown {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
  return use(value);
}
