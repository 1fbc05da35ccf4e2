/** Values of controls in one comparable form. */
import type { EventValue } from '../contract/event.ts';
import { canonicalName } from './domain-name.ts';
import { canonicalRecordSet } from './record-data.ts';
import { canonicalRegistrar } from './registrar-name.ts';

/** Prefix of controls that are DNS record sets: `record:<owner name>/<type>`. */
export const recordPrefix = 'record:';

/** Control of a record set. */
export function recordControl(name: string, type: string): string {
  return `${recordPrefix}${name}/${type}`;
}

/** RR type of a record set control; undefined for every other control. */
export function recordTypeOf(control: string): string | undefined {
  return control.startsWith(recordPrefix) ? control.slice(control.lastIndexOf('/') + 1) : undefined;
}

const nameSets = new Set(['nameservers']);
const switches = new Map(
  Object.entries({
    true: 'enabled',
    on: 'enabled',
    locked: 'enabled',
    yes: 'enabled',
    signed: 'enabled',
    false: 'disabled',
    off: 'disabled',
    unlocked: 'disabled',
    no: 'disabled',
    unsigned: 'disabled',
  }),
);

function textsOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts: string[] = [];
  for (const item of list) {
    if (typeof item === 'string') texts.push(item);
    else if (typeof item === 'number' || typeof item === 'boolean') texts.push(String(item));
  }
  return texts;
}

function isRegistrarControl(control: string): boolean {
  return control === 'registrar' || control === 'account' || control === 'transfer';
}

/** Comparable form of a value of a control: text of a sorted set, or of one value. Absent and empty are the same. */
export function comparable(control: string, value: unknown): string {
  const texts = textsOf(value);
  const type = recordTypeOf(control);
  if (type !== undefined) return canonicalRecordSet(type, texts).join('\n');
  if (control === 'ds') return canonicalRecordSet('DS', texts).join('\n');
  if (nameSets.has(control))
    return texts
      .map((text) => canonicalName(text) ?? text)
      .sort()
      .join('\n');
  if (isRegistrarControl(control))
    return texts.map((text) => canonicalRegistrar(text).toLowerCase()).join('\n');
  return texts
    .map((text) => switches.get(text.toLowerCase()) ?? text)
    .sort()
    .join('\n');
}

/**
 * True when two values of a control mean the same. A registrar without account agrees with an account of that registrar,
 * because outside witnesses know the registrar only.
 */
export function sameValue(control: string, a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const left = comparable(control, a);
  const right = comparable(control, b);
  if (left === right) return true;
  if (!isRegistrarControl(control)) return false;
  const [leftRegistrar, leftAccount] = left.split('/', 2);
  const [rightRegistrar, rightAccount] = right.split('/', 2);
  return (
    leftRegistrar === rightRegistrar &&
    leftRegistrar !== '' &&
    (leftAccount === undefined || rightAccount === undefined)
  );
}

const setItemsMax = 256;

/** Items gained and lost between two sets, sorted, each at most 256; undefined when a side is no set. */
export function setDifference(
  before: EventValue | undefined,
  after: EventValue | undefined,
): { added: string[]; removed: string[]; truncated: number } | undefined {
  const old = before === null ? [] : before;
  const now = after === null ? [] : after;
  if (!Array.isArray(old) || !Array.isArray(now)) return undefined;
  const had = new Set(old);
  const has = new Set(now);
  const added = now.filter((item) => !had.has(item)).sort();
  const removed = old.filter((item) => !has.has(item)).sort();
  const truncated = Math.max(0, added.length - setItemsMax) + Math.max(0, removed.length - setItemsMax);
  return { added: added.slice(0, setItemsMax), removed: removed.slice(0, setItemsMax), truncated };
}

/** A copy that may be stored: sets cut at 256 items, long texts kept. */
export function storable(value: EventValue | undefined): EventValue {
  if (value === undefined) return null;
  return Array.isArray(value) ? value.slice(0, setItemsMax) : value;
}
