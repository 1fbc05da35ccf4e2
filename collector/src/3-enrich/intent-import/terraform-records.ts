/**
 * Record resources of Terraform providers, each in its own words: which name, type, values and TTL a resource stands for.
 * Providers differ in what a name is (whole, or relative to a zone that only an id names) and in how data is written.
 */
import { canonicalName } from '../../leaf/domain-name.ts';
import { memberOf, textOf, textsOf } from './import-facts.ts';

/** Zone names by the id that records use for them. */
export type ZoneNames = ReadonlyMap<string, string>;

/** One record set, or one record of a set, as planned. `ttl` seconds; undefined: the provider's choice. */
export interface PlannedRecord {
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
  readonly ttl: number | undefined;
}

/** Reads the values of a resource; a sentence when it leaves something open. */
export type RecordReader = (values: unknown, zones: ZoneNames) => PlannedRecord | string;

/** A kind of resource. `whole`: one resource holds the whole set; else the set is what all of them together hold. */
export interface RecordResource {
  readonly whole: boolean;
  readonly read: RecordReader;
}

/** Said of everything that the plan does not name. */
export const openValue = 'a value is known only after apply or is not plain data';

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Providers take text without the quotes of the presentation form. */
function quotedText(type: string, value: string): string {
  return (type === 'TXT' || type === 'SPF') && !value.startsWith('"') ? quoted(value) : value;
}

/** Route 53: the provider puts the text between quotes as it is; `""` in it ends one string and begins the next. */
function route53Text(type: string, value: string): string {
  return (type === 'TXT' || type === 'SPF') && !value.startsWith('"') ? `"${value}"` : value;
}

function ttlOf(values: unknown): number | undefined {
  const ttl = memberOf(values, 'ttl');
  return typeof ttl === 'number' ? ttl : undefined;
}

/** Whole name of a label within a zone; without a known zone the label must be whole itself. */
function nameIn(zone: string | undefined, label: string): string {
  const [zoneName, name] = [zone === undefined ? undefined : canonicalName(zone), canonicalName(label)];
  if (zoneName === undefined) return label;
  if (label === '' || label === '@') return zoneName;
  if (name === zoneName || name?.endsWith(`.${zoneName}`) === true) return label;
  return `${label}.${zoneName}`;
}

/** Stands for the name of a zone that only private networks see. */
const privateZone = '!private';

function zoneOf(values: unknown, zones: ZoneNames): string | undefined {
  const id = textOf(values, 'zone_id');
  return id === undefined ? undefined : zones.get(id);
}

function isListed(values: unknown, key: string): boolean {
  const member = memberOf(values, key);
  return Array.isArray(member) && member.length > 0;
}

function wholeSet(
  keys: { readonly name: string; readonly values: string; readonly zone?: string },
  text: typeof quotedText,
): RecordResource {
  return {
    whole: true,
    read(values, zones) {
      const label = memberOf(values, keys.name);
      const [type, set] = [textOf(values, 'type'), textsOf(memberOf(values, keys.values))];
      const policy = textOf(values, 'set_identifier') !== undefined || isListed(values, 'routing_policy');
      if (policy || isListed(values, 'alias'))
        return 'an alias or routing policy answers with values the plan does not name';
      if (typeof label !== 'string' || type === undefined || set === undefined || set.length === 0)
        return openValue;
      const zone = keys.zone === undefined ? zoneOf(values, zones) : textOf(values, keys.zone);
      if (keys.zone !== undefined && zone === undefined) return openValue;
      if (zone === privateZone) return 'the zone is private: its answers are not those of the public name';
      const name = textOf(values, 'fqdn') ?? nameIn(zone, label);
      return { name, type, values: set.map((value) => text(type, value)), ttl: ttlOf(values) };
    },
  };
}

/** Fields of structured data in presentation order, under every name providers have for them. */
const layouts: Readonly<Record<string, readonly (readonly string[])[]>> = {
  MX: [
    ['priority', 'preference'],
    ['exchange', 'value', 'content', 'target'],
  ],
  SRV: [['priority'], ['weight'], ['port'], ['target', 'value']],
  CAA: [['flags'], ['tag'], ['value']],
  DS: [['key_tag'], ['algorithm'], ['digest_type'], ['digest']],
  TLSA: [['usage'], ['selector'], ['matching_type'], ['certificate']],
  SSHFP: [['algorithm'], ['type'], ['fingerprint']],
};

/** Record data from separate fields; undefined when one is missing or open. */
function structured(type: string, fields: unknown): string | undefined {
  const layout = Object.hasOwn(layouts, type) ? layouts[type] : undefined;
  if (layout === undefined) return undefined;
  const parts = layout.map((names) =>
    names
      .map((name) => memberOf(fields, name))
      .find((part) => typeof part === 'number' || (typeof part === 'string' && part !== '')),
  );
  if (parts.includes(undefined)) return undefined;
  const texts = parts.map(String);
  return type === 'CAA' ? `${texts[0]} ${texts[1]} ${quoted(texts[2] ?? '')}` : texts.join(' ');
}

/** One record. `named`: where the zone's name stands; absent: only an id or the provider's computed whole name tells. */
function oneRecord(keys: {
  readonly name: string;
  readonly values: readonly string[];
  readonly type?: string;
  readonly zone?: string;
  /** Where the provider computes the whole name. */
  readonly whole?: string;
  /** SRV values come without their priority. */
  readonly bareSrv?: boolean;
}): RecordResource {
  return {
    whole: false,
    read(values, zones) {
      const type = textOf(values, keys.type ?? 'type');
      const label = memberOf(values, keys.name) ?? (keys.zone === undefined ? undefined : '');
      const zone = keys.zone === undefined ? zoneOf(values, zones) : textOf(values, keys.zone);
      if (typeof label !== 'string' || type === undefined) return openValue;
      if (keys.zone !== undefined && zone === undefined) return openValue;
      const data = dataOf(values, type, keys);
      if (data === undefined) return openValue;
      const whole = keys.whole === undefined ? undefined : textOf(values, keys.whole);
      return { name: whole ?? nameIn(zone, label), type, values: [data], ttl: ttlOf(values) };
    },
  };
}

function dataOf(
  values: unknown,
  type: string,
  keys: { readonly values: readonly string[]; readonly bareSrv?: boolean },
): string | undefined {
  const given = memberOf(values, 'data');
  const block: unknown = Array.isArray(given) ? given[0] : given;
  const fromBlock = typeof block === 'object' && block !== null ? structured(type, block) : undefined;
  if (fromBlock !== undefined) return fromBlock;
  const text = keys.values.map((key) => textOf(values, key)).find((each) => each !== undefined);
  if (text === undefined) return undefined;
  const priority = memberOf(values, 'priority');
  if (type === 'MX' && typeof priority === 'number') return `${priority} ${text}`;
  if (type === 'SRV' && keys.bareSrv === true)
    return typeof priority === 'number' ? `${priority} ${text}` : undefined;
  if (type === 'MX' || type === 'SRV' || type === 'CAA')
    return structured(type, values) ?? wholeData(type, text);
  return quotedText(type, text);
}

/** Data that is given as one text must have all its fields. */
function wholeData(type: string, text: string): string | undefined {
  return text.trim().split(/\s+/u).length >= (layouts[type]?.length ?? 1) ? text : undefined;
}

/** Azure has one kind of resource per type, with blocks for structured data. */
function azure(type: string): RecordResource {
  return {
    whole: true,
    read(values) {
      const [label, zone] = [textOf(values, 'name'), textOf(values, 'zone_name')];
      if (textOf(values, 'target_resource_id') !== undefined)
        return 'an alias or routing policy answers with values the plan does not name';
      const plain = textsOf(memberOf(values, 'records'));
      const single = textOf(values, 'record');
      const blocks = memberOf(values, 'record');
      const set = Array.isArray(blocks)
        ? blocks.map((block: unknown) => (type === 'TXT' ? textOf(block, 'value') : structured(type, block)))
        : single === undefined
          ? plain
          : [single];
      if (label === undefined || zone === undefined || set === undefined || set.length === 0)
        return openValue;
      const known = set.filter((item) => item !== undefined);
      if (known.length < set.length) return openValue;
      return {
        name: nameIn(zone, label),
        type,
        values: known.map((item) => quotedText(type, item)),
        ttl: ttlOf(values),
      };
    },
  };
}

const cloudflare = { name: 'name', values: ['content', 'value'], whole: 'hostname' } as const;

/** Resources that are read, by type. */
export const recordResources: Readonly<Record<string, RecordResource>> = {
  aws_route53_record: wholeSet({ name: 'name', values: 'records' }, route53Text),
  google_dns_record_set: wholeSet({ name: 'name', values: 'rrdatas' }, quotedText),
  cloudflare_record: oneRecord(cloudflare),
  cloudflare_dns_record: oneRecord(cloudflare),
  dnsimple_zone_record: oneRecord({
    name: 'name',
    values: ['value'],
    zone: 'zone_name',
    whole: 'qualified_name',
    bareSrv: true,
  }),
  digitalocean_record: oneRecord({ name: 'name', values: ['value'], zone: 'domain', whole: 'fqdn' }),
  ovh_domain_zone_record: oneRecord({
    name: 'subdomain',
    values: ['target'],
    type: 'fieldtype',
    zone: 'zone',
  }),
  gandi_livedns_record: wholeSet({ name: 'name', values: 'values', zone: 'zone' }, quotedText),
  powerdns_record: wholeSet({ name: 'name', values: 'records', zone: 'zone' }, quotedText),
  desec_rrset: wholeSet({ name: 'subname', values: 'records', zone: 'domain' }, quotedText),
  azurerm_dns_a_record: azure('A'),
  azurerm_dns_aaaa_record: azure('AAAA'),
  azurerm_dns_caa_record: azure('CAA'),
  azurerm_dns_cname_record: azure('CNAME'),
  azurerm_dns_mx_record: azure('MX'),
  azurerm_dns_ns_record: azure('NS'),
  azurerm_dns_ptr_record: azure('PTR'),
  azurerm_dns_srv_record: azure('SRV'),
  azurerm_dns_txt_record: azure('TXT'),
};

/** True for resources that look like DNS records of a public zone but are not read here: they must be named, not passed over. */
export function looksLikeRecord(type: string): boolean {
  return /_(?:record|records|record_?set|rr_?set)$/u.test(type) && !type.includes('private_dns');
}

/** Resources and data sources that tell the name of a zone: id fields, name fields. */
const zoneResources: Readonly<Record<string, readonly [ids: readonly string[], names: readonly string[]]>> = {
  aws_route53_zone: [['zone_id', 'id'], ['name']],
  cloudflare_zone: [
    ['zone_id', 'id'],
    ['name', 'zone'],
  ],
};

/** Adds the zone that a resource names, if it does. */
export function noteZone(type: string, values: unknown, zones: Map<string, string>): void {
  const fields = Object.hasOwn(zoneResources, type) ? zoneResources[type] : undefined;
  if (fields === undefined) return;
  const name = fields[1].map((field) => textOf(values, field)).find((text) => text !== undefined);
  if (name === undefined) return;
  const isPrivate = isListed(values, 'vpc') || memberOf(values, 'private_zone') === true;
  for (const field of fields[0]) {
    const id = textOf(values, field);
    if (id !== undefined) zones.set(id, isPrivate ? privateZone : name);
  }
}
