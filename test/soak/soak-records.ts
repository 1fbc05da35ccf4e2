/** What a soak is made of: one watched fleet and its records, by number and time. */
import { readFileSync } from 'node:fs';
import { dnsimpleDelivery, wholeSecond } from '../fleet/dnsimple-delivery.ts';
import { watchedFleet } from '../fleet/watched-fleet.ts';

const domains = 40;
const names = [
  'zone_record.update',
  'domain.transfer_lock_disable',
  'zone_record.delete',
  'domain.transfer_lock_enable',
  'domain.renew',
];

/** Name of the i-th watched domain. */
export function soakDomain(i: number): string {
  return `d${i % domains}.example`;
}

/** The inventory of all of them. */
export const soakInventory = watchedFleet(Array.from({ length: domains }, (_, i) => soakDomain(i)));

/** The i-th delivery of the registrar. */
export function deliveryOf(i: number, atMs: number): string {
  // Mostly quiet: a real fleet renews and edits far more than it unlocks.
  const name = names[i % 200 === 0 ? 1 : i % 200 === 1 ? 3 : i % 50 === 10 ? 0 : 4] as string;
  return dnsimpleDelivery({ number: i, name, domain: soakDomain(i >> 1), at: wholeSecond(atMs) });
}

/** The i-th event of the System Log. */
export function oktaEvent(i: number, atMs: number): string {
  const person = {
    id: `00u${i % 20}`,
    type: 'User',
    alternateId: `u${i % 20}@acme.example`,
    displayName: 'X',
  };
  return JSON.stringify({
    uuid: `okta-${i}`,
    published: new Date(atMs).toISOString(),
    eventType: i % 200 === 0 ? 'user.mfa.factor.deactivate' : 'user.session.start',
    version: '0',
    severity: 'INFO',
    actor: person,
    client: { ipAddress: `203.0.113.${i % 20}` },
    outcome: { result: 'SUCCESS' },
    target: [person],
  });
}

const trail = readFileSync(
  new URL('../../collector/demo/records/cloudtrail-change-record-sets.json', import.meta.url),
  'utf8',
);

/** The i-th line of the audit trail. */
export function trailLine(i: number, atMs: number): string {
  const record = JSON.parse(trail) as Record<string, unknown>;
  return JSON.stringify({ ...record, eventID: `soak-${i}`, eventTime: wholeSecond(atMs) });
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The i-th line of the query log. */
export function queryLine(i: number, atMs: number): string {
  const at = new Date(atMs);
  const pad = (n: number, width = 2): string => String(n).padStart(width, '0');
  const time = `${pad(at.getUTCDate())}-${months[at.getUTCMonth()]}-${at.getUTCFullYear()} ${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}.${pad(at.getUTCMilliseconds(), 3)}`;
  return `${time} queries: info: client @0x7f0000000000 192.0.2.${i % 200}#${1024 + (i % 60_000)} (www.${soakDomain(i)}): query: www.${soakDomain(i)} IN A + (198.51.100.1)`;
}

/** The i-th message of the zone feed: a name never seen before. */
export function zoneMessage(i: number, atMs: number): string {
  return JSON.stringify({ domain: `n${i}.example`, timestamp: Math.floor(atMs / 1000) });
}
