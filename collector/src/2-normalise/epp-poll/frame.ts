/** EPP frames (RFC 5730) to plain objects: no entities, no document types, bounded depth, names without prefix. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { Outcome } from '../../contract/outcome.ts';
import { asObject } from '../json-field.ts';
import { decodeUtf8 } from '../json-record.ts';
import type { JsonObject } from '../json-record.ts';

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  trimValues: true,
});

/** The `epp` element of a frame. Fails for text that is not well-formed, has a document type, nests too deep or is not EPP. */
export function eppFrame(bytes: Uint8Array): Outcome<JsonObject> {
  if (bytes.length > limits.recordBytesMax)
    return failed(
      'too_large',
      `frame has ${bytes.length} bytes; at most ${limits.recordBytesMax} are accepted`,
    );
  const decoded = decodedXml(bytes);
  if (!decoded.ok) return decoded;
  const text = decoded.value;
  if (text.includes('<!DOCTYPE') || text.includes('<!ENTITY'))
    return failed('not_xml', 'document types and entities are not part of EPP and are refused');
  if (deepestLevel(text) > limits.jsonDepthMax)
    return failed('too_deep', `elements nest deeper than ${limits.jsonDepthMax} levels`);
  const validity = XMLValidator.validate(text);
  if (validity !== true)
    return failed('not_xml', `not well-formed at line ${validity.err.line}, column ${validity.err.col}`);
  let document: JsonObject;
  try {
    document = parser.parse(text) as JsonObject;
  } catch (error) {
    return failed(
      'not_xml',
      `not well-formed: ${error instanceof Error ? error.message.slice(0, 200) : 'parse error'}`,
    );
  }
  const epp = asObject(document['epp']);
  return epp === undefined
    ? failed('unsupported_format', 'expected an "epp" element')
    : succeeded({ ...epp, [objectKinds]: kindsOf(text) });
}

/** UTF-8, or a single-byte encoding that the XML declaration names; some registries still write Latin-1. */
function decodedXml(bytes: Uint8Array): Outcome<string> {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 120));
  const named = /^<\?xml[^>]*\bencoding=["'](iso-8859-1|latin1|windows-1252|us-ascii)["']/i.exec(head);
  return named === null ? decodeUtf8(bytes) : succeeded(new TextDecoder('windows-1252').decode(bytes));
}

/** Kind of object that `infData`, `trnData` and their like are about: their names are the same in every namespace. */
export type ObjectKind = 'domain' | 'host' | 'contact' | 'nsset' | 'keyset';

const objectKinds = '@object-kinds';
const objectElement = /<(?:([A-Za-z][\w.-]*):)?((?:inf|cre|ren|trn|pan|upd|update)Data)\b([^>]*)>/g;
const kindNames: ReadonlySet<string> = new Set<ObjectKind>(['domain', 'host', 'contact', 'nsset', 'keyset']);
const objectNamespace =
  /(?:^|["'])(?:urn:ietf:params:xml:ns:|http:\/\/[^\s"']{1,80}\/)(domain|host|contact|nsset|keyset)-1\.\d/;

/** The parser drops prefixes, so kinds are read beside it: by the namespace declared for the prefix, else by the prefix. */
function kindsOf(text: string): ReadonlyMap<string, ObjectKind> {
  const kinds = new Map<string, ObjectKind>();
  for (const [, prefix, name = '', attributes = ''] of text.matchAll(objectElement)) {
    const own = objectNamespace.exec(attributes)?.[1];
    const declared =
      prefix === undefined ? undefined : new RegExp(`xmlns:${prefix}=["']([^"']*)["']`).exec(text)?.[1];
    const kind = own ?? (declared === undefined ? undefined : objectNamespace.exec(declared)?.[1]) ?? prefix;
    if (kind !== undefined && kindNames.has(kind) && !kinds.has(name)) kinds.set(name, kind as ObjectKind);
  }
  return kinds;
}

/** Kind of the object in a payload element of this frame; undefined for payloads outside these namespaces. */
export function objectKindOf(frame: JsonObject, element: string): ObjectKind | undefined {
  const kinds = frame[objectKinds];
  return kinds instanceof Map ? (kinds.get(element) as ObjectKind | undefined) : undefined;
}

/** Deepest nesting of elements, by looking at tag ends only. */
function deepestLevel(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    const next = text.charCodeAt(at + 1);
    if (next === 0x2f) depth -= 1;
    else if (next !== 0x3f && next !== 0x21) {
      const end = text.indexOf('>', at);
      if (end > 0 && text.charCodeAt(end - 1) === 0x2f) continue;
      depth += 1;
      if (depth > deepest) deepest = depth;
    }
  }
  return deepest;
}

const predefined: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Undoes the five predefined entities and character references, the only ones XML has without a document type. */
function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#[0-9]{1,7}|[a-z]{2,4});/g, (whole, name: string) => {
    if (!name.startsWith('#')) return predefined.get(name) ?? whole;
    const point = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

/** Text of an element, whether it has attributes or not; undefined when absent or empty. Of several the first. */
export function elementText(parent: JsonObject, name: string): string | undefined {
  const [first] = elements(parent, name);
  const text = typeof first === 'string' ? first : asObject(first)?.['#'];
  return typeof text === 'string' && text !== '' ? unescaped(text) : undefined;
}

/** Texts of all elements of a name. */
export function elementTexts(parent: JsonObject, name: string): string[] {
  return elements(parent, name).flatMap((each) => {
    const text = typeof each === 'string' ? each : asObject(each)?.['#'];
    return typeof text === 'string' && text !== '' ? [unescaped(text)] : [];
  });
}

/** First element of a name with children or attributes; undefined when absent or only text. */
export function element(parent: JsonObject, name: string): JsonObject | undefined {
  for (const each of elements(parent, name)) {
    const object = asObject(each);
    if (object !== undefined) return object;
  }
  return undefined;
}

/** All elements of a name that have children or attributes. */
export function elementList(parent: JsonObject, name: string): JsonObject[] {
  return elements(parent, name).filter((each): each is JsonObject => asObject(each) !== undefined);
}

function elements(parent: JsonObject, name: string): readonly unknown[] {
  const value = Object.hasOwn(parent, name) ? parent[name] : undefined;
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
