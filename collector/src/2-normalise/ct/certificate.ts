/** What monitoring needs of a certificate or TBSCertificate (RFC 5280), and the TBS digest that joins precertificate and certificate. */
import { formatInstant, parseInstant } from '../../leaf/time.ts';
import { derChildren, derElement, encodeDer, hasContent } from './der.ts';
import type { DerElement } from './der.ts';

/** Facts of a certificate; times RFC 3339 UTC, serial lower-case hex. `tbs` is without poison and SCT list. */
export interface CertificateFacts {
  readonly serial: string;
  readonly issuerCn?: string;
  readonly issuerOrg?: string;
  readonly subjectCn?: string;
  readonly names: readonly string[];
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly validation?: string;
  readonly isPoisoned: boolean;
  readonly tbs: Uint8Array;
  readonly spki: Uint8Array;
}

const sequence = 0x30;
const oidCommonName = [0x55, 0x04, 0x03] as const;
const oidOrganisation = [0x55, 0x04, 0x0a] as const;
const oidSubjectAltName = [0x55, 0x1d, 0x11] as const;
const oidPolicies = [0x55, 0x1d, 0x20] as const;
const oidSctList = [0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02] as const;
const oidPoison = [0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x03] as const;

/** Reads a whole certificate; undefined when it is not DER of one. */
export function readCertificate(der: Uint8Array): CertificateFacts | undefined {
  const outer = derElement(der, 0, der.length);
  if (outer?.tag !== sequence) return undefined;
  const tbs = derElement(der, outer.start, outer.end);
  return tbs?.tag === sequence ? readTbs(der.subarray(tbs.from, tbs.end)) : undefined;
}

/** Reads a TBSCertificate, the form precertificate entries of a log have. */
export function readTbs(der: Uint8Array): CertificateFacts | undefined {
  const outer = derElement(der, 0, der.length);
  if (outer?.tag !== sequence) return undefined;
  const parts = derChildren(der, outer.start, outer.end);
  if (parts === undefined) return undefined;
  const shift = parts[0]?.tag === 0xa0 ? 1 : 0;
  const [serial, , issuer, validity, subject, spki] = parts.slice(shift);
  if (serial?.tag !== 0x02 || issuer === undefined || validity === undefined || subject === undefined)
    return undefined;
  if (spki?.tag !== sequence) return undefined;
  const extensions = extensionsOf(
    der,
    parts.find((part) => part.tag === 0xa3),
  );
  if (extensions === undefined) return undefined;
  const dates = derChildren(der, validity.start, validity.end) ?? [];
  const policies = extensions.find((each) => each.is(oidPolicies));
  const subjectCn = nameAttribute(der, subject, oidCommonName);
  return {
    serial: serialOf(der.subarray(serial.start, serial.end)),
    issuerCn: nameAttribute(der, issuer, oidCommonName),
    issuerOrg: nameAttribute(der, issuer, oidOrganisation),
    subjectCn,
    names: dnsNames(der, extensions.find((each) => each.is(oidSubjectAltName))?.value, subjectCn),
    notBefore: timeOf(der, dates[0]),
    notAfter: timeOf(der, dates[1]),
    validation:
      policies === undefined
        ? undefined
        : validationOf(der.subarray(policies.value.start, policies.value.end)),
    isPoisoned: extensions.some((each) => each.is(oidPoison)),
    tbs: withoutLogExtensions(der, parts, extensions),
    spki: der.subarray(spki.from, spki.end),
  };
}

interface Extension {
  readonly element: DerElement;
  readonly value: DerElement;
  readonly is: (oid: readonly number[]) => boolean;
}

function extensionsOf(der: Uint8Array, wrapper: DerElement | undefined): Extension[] | undefined {
  if (wrapper === undefined) return [];
  const list = derElement(der, wrapper.start, wrapper.end);
  const items = list?.tag === sequence ? derChildren(der, list.start, list.end) : undefined;
  return items?.flatMap((element) => {
    const fields = derChildren(der, element.start, element.end) ?? [];
    const [id] = fields;
    const value = fields.at(-1);
    if (id?.tag !== 0x06 || value?.tag !== 0x04) return [];
    return [{ element, value, is: (oid: readonly number[]) => hasContent(der, id, oid) }];
  });
}

function serialOf(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return hex.replace(/^0+(?=.)/, '');
}

const decoder = new TextDecoder();
const wideDecoder = new TextDecoder('utf-16be');

function textOf(der: Uint8Array, element: DerElement): string {
  const bytes = der.subarray(element.start, element.end);
  return (element.tag === 0x1e ? wideDecoder : decoder).decode(bytes).slice(0, 1024);
}

function nameAttribute(der: Uint8Array, name: DerElement, oid: readonly number[]): string | undefined {
  let found: string | undefined;
  for (const set of derChildren(der, name.start, name.end) ?? [])
    for (const pair of derChildren(der, set.start, set.end) ?? []) {
      const [id, value] = derChildren(der, pair.start, pair.end) ?? [];
      if (id !== undefined && value !== undefined && hasContent(der, id, oid)) found = textOf(der, value);
    }
  return found;
}

/** dNSName entries ([2] IA5String) and the common name, which is a name of the certificate too where it is one. */
function dnsNames(der: Uint8Array, value: DerElement | undefined, subjectCn: string | undefined): string[] {
  const names = new Set<string>();
  const list = value === undefined ? undefined : derElement(der, value.start, value.end);
  for (const each of list === undefined ? [] : (derChildren(der, list.start, list.end) ?? []))
    if (each.tag === 0x82) names.add(textOf(der, each));
  if (subjectCn?.includes('.') === true) names.add(subjectCn);
  return [...names];
}

/** UTCTime (years 1950-2049) or GeneralizedTime, both in UTC with seconds as RFC 5280 demands. */
function timeOf(der: Uint8Array, element: DerElement | undefined): string | undefined {
  if (element === undefined) return undefined;
  const text = textOf(der, element);
  const digits = element.tag === 0x17 ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const instant = parseInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return instant === undefined ? undefined : formatInstant(instant.ms);
}

const validations: readonly (readonly [octets: readonly number[], word: string])[] = [
  [[0x67, 0x81, 0x0c, 0x01, 0x01], 'ev'],
  [[0x67, 0x81, 0x0c, 0x01, 0x02, 0x02], 'ov'],
  [[0x67, 0x81, 0x0c, 0x01, 0x02, 0x03], 'iv'],
  [[0x67, 0x81, 0x0c, 0x01, 0x02, 0x01], 'dv'],
];

/** Policy identifiers of the CA/Browser Forum (2.23.140.1) inside certificatePolicies. */
function validationOf(value: Uint8Array): string | undefined {
  const list = derElement(value, 0, value.length);
  if (list === undefined) return undefined;
  for (const policy of derChildren(value, list.start, list.end) ?? []) {
    const id = derElement(value, policy.start, policy.end);
    for (const [octets, word] of validations)
      if (id !== undefined && hasContent(value, id, octets)) return word;
  }
  return undefined;
}

/** The TBS as the log signs it (RFC 6962 section 3.2): without poison and SCT list, lengths written anew. */
function withoutLogExtensions(
  der: Uint8Array,
  parts: readonly DerElement[],
  extensions: readonly Extension[],
): Uint8Array {
  const kept = extensions.filter((each) => !each.is(oidPoison) && !each.is(oidSctList));
  if (kept.length === extensions.length) return der;
  const slices = parts.map((part) => {
    if (part.tag !== 0xa3) return der.subarray(part.from, part.end);
    if (kept.length === 0) return new Uint8Array(0);
    const items = kept.map(({ element }) => der.subarray(element.from, element.end));
    return encodeDer(0xa3, [encodeDer(sequence, items)]);
  });
  return encodeDer(sequence, slices);
}
