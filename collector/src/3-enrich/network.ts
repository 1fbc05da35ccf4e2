/**
 * Country and autonomous system of addresses from MMDB files: GeoLite2, DB-IP and IPinfo put the same facts under different
 * names. The caller reads the files; an absent one means unknown. Reload: build a new view and swap it.
 */
import { Reader, type Response } from 'mmdb-lib';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import type { NetworkView } from './enricher.ts';

/** One address database: a short name for `source`, and its bytes. */
export interface AddressDatabase {
  readonly name: string;
  readonly bytes: Buffer;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `AS64500`, `64500` or the number. */
function asnOf(value: unknown): number | undefined {
  const asn = typeof value === 'string' ? Number(value.replace(/^AS/i, '')) : value;
  return typeof asn === 'number' && Number.isInteger(asn) && asn > 0 && asn <= 4_294_967_295
    ? asn
    : undefined;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** IPinfo writes some files with texts only. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

/** The facts of one record in our words; members that the record lacks are absent. */
export function networkFactsOf(record: Fields): Record<string, unknown> {
  const location = fieldsOf(record['location']);
  const countryField = record['country'];
  // The larger products of MaxMind and DB-IP have the network under `traits`.
  const traits = fieldsOf(record['traits']);
  const facts: Record<string, unknown> = {
    // IPinfo writes the code itself, under `country_code` or (older) `country`; the others nest it.
    country:
      textOf(fieldsOf(countryField)['iso_code']) ??
      textOf(record['country_code']) ??
      (typeof countryField === 'string' && /^[A-Z]{2}$/.test(countryField) ? countryField : undefined),
    asn: asnOf(record['autonomous_system_number'] ?? record['asn'] ?? traits['autonomous_system_number']),
    as_org:
      textOf(record['autonomous_system_organization']) ??
      textOf(record['as_name']) ??
      textOf(record['name']) ??
      textOf(traits['autonomous_system_organization']),
    lat: numberOf(location['latitude'] ?? record['lat'] ?? record['latitude']),
    lon: numberOf(location['longitude'] ?? record['lng'] ?? record['longitude']),
    radius_km: numberOf(location['accuracy_radius']),
    anycast: isTrue(traits['is_anycast'] ?? record['is_anycast']) ? true : undefined,
  };
  for (const name of Object.keys(facts)) if (facts[name] === undefined) delete facts[name];
  return facts;
}

/** Damage inside a file shows only where an address leads to it; that address is unknown then, as if it were not there. */
function recordOf(reader: Reader<Response>, address: string): Response | null {
  try {
    return reader.get(address);
  } catch {
    return null;
  }
}

/** A view over all databases: for each fact the first database that has it counts. Fails when one is not an MMDB file. */
export function networkView(databases: readonly AddressDatabase[]): Outcome<NetworkView> {
  const readers: { reader: Reader<Response>; name: string; asOf: string }[] = [];
  for (const { name, bytes } of databases) {
    try {
      const reader = new Reader<Response>(bytes);
      readers.push({ reader, name, asOf: reader.metadata.buildEpoch.toISOString().slice(0, 10) });
    } catch (error) {
      return failed(
        'unsupported_format',
        `${name} is not an MMDB file: ${error instanceof Error ? error.message : String(error)}`,
        name,
      );
    }
  }
  return succeeded({
    facts(ip) {
      const address = canonicalIp(ip);
      if (address === undefined) return undefined;
      let facts: Record<string, unknown> | undefined;
      for (const { reader, name, asOf } of readers) {
        // An IPv6 address in a database of IPv4 networks cannot be looked up at all.
        if (address.includes(':') && reader.metadata.ipVersion === 4) continue;
        const record = recordOf(reader, address);
        if (record === null) continue;
        const found = networkFactsOf(record as unknown as Fields);
        if (Object.keys(found).length > 0) facts = { ...found, as_of: asOf, source: name, ...facts };
      }
      return facts;
    },
  });
}
