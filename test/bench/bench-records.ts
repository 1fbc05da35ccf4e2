/** Shape-true records for the benchmark: real key sets and lengths, distinct values, made from one seed. */
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import type { Inventory } from '../../collector/src/contract/inventory.ts';
import { readStory, payloadOf } from '../../collector/src/1-source/demo/story.ts';
import type { SourceName } from '../../collector/src/contract/source-name.ts';

/** Domains of the benchmark's inventory. */
export function benchInventory(count: number): Inventory {
  return {
    version: 1,
    tenants: [{ id: 'acme' }],
    teams: [{ id: 'dns-ops', tenant: 'acme' }],
    domains: Array.from({ length: count }, (_, i) => ({
      domain: domainName(i),
      tenant: 'acme',
      tier: i % 4,
      team: 'dns-ops',
      registrar_account: `dnsimple/${1000 + (i % 50)}`,
      expect: { transfer_lock: true },
      approved: { nameservers: [`ns1.host${i % 7}.example`, `ns2.host${i % 7}.example`] },
    })),
  };
}

/** Name of domain `i` of the inventory. */
export function domainName(i: number): string {
  return `brand-${i.toString(36)}.example`;
}

/** Kinds of record measured. */
export const benchKinds = ['okta', 'dnsimple', 'zonestream'] as const;

/** One kind. */
export type BenchKind = (typeof benchKinds)[number];

const seconds = 1000;

/** Milliseconds between two records: 3,000 wait for the watermark, so that a round seals as many as it takes in. */
const recordStepMs = 200;

/** `count` records of a kind from the `first`-th on; times go forward from `startMs`, one every 200 ms. */
export function benchRecords(
  kind: BenchKind,
  count: number,
  startMs: number,
  domains: number,
  first = 0,
): RawRecord[] {
  const story = readStory();
  const okta = story.background.find(({ feed }) => feed === 'okta');
  const update = story.steps.find(
    ({ feed, template }) => feed === 'dnsimple' && template.includes('zone_record'),
  );
  if (okta === undefined || update === undefined) throw new Error('the demo story lost its templates');
  return Array.from({ length: count }, (_, index): RawRecord => {
    const i = first + index;
    const nowMs = startMs + i * recordStepMs;
    const words = { nowMs, counter: i, uuid: uuidOf(i) };
    const domain = domainName((i * 7919) % domains);
    if (kind === 'okta') {
      const person = `person${i % 500}@acme.example`;
      const step = { ...okta, set: { ...okta.set, '/actor/alternateId': person } };
      return wireRecord('okta', payloadOf(step, words), nowMs, 'acme');
    }
    if (kind === 'dnsimple') {
      const set = {
        '/request_identifier': '$uuid',
        '/data/zone_record/zone_id': domain,
        '/data/zone_record/name': `host${i % 20}`,
        '/data/zone_record/content': `192.0.2.${i % 250}`,
        '/data/zone_record/updated_at': '$now_seconds',
        '/account/id': 1000 + (i % 50),
        '/account/display': 'x'.repeat(220),
      };
      const body = payloadOf({ ...update, set }, words);
      return wireRecord('dnsimple', body.slice(body.indexOf('{')), nowMs, 'acme');
    }
    const name = i % 50 === 0 ? domain : `seen-${i.toString(36)}.example`;
    const line = {
      domain: `${name}.`,
      cert_index: 775_771_570 + i,
      ct_name: `DigiCert 'Sphinx2026h${1 + (i % 2)}'`,
      timestamp: Math.floor(nowMs / seconds),
      submission_timestamp: nowMs / seconds,
      fingerprint: uuidOf(i).repeat(3),
    };
    return wireRecord('zonestream', JSON.stringify(line), nowMs, '*');
  });
}

/** A raw record as a source of the feed would take it. */
export function wireRecord(
  source: SourceName,
  text: string,
  receivedAtMs: number,
  tenant: string,
): RawRecord {
  return {
    tenant,
    source,
    receivedAtMs,
    contentType: 'application/json',
    verified: true,
    bytes: Buffer.from(text),
    ...(source === 'zonestream' ? { meta: { topic: 'newly_registered_domain' } } : {}),
  };
}

/** An id for a counter. */
export function uuidOf(i: number): string {
  const hex = (Math.imul(i + 1, 2654435761) >>> 0).toString(16).padStart(8, '0');
  return `${hex}-1111-4111-8111-${i.toString(16).padStart(12, '0')}`;
}
