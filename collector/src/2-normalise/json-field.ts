/**
 * Reading fields of untrusted JSON: a value of another kind counts as absent, own members only. What exports change without
 * changing what is meant is read as if they had not: numbers and booleans as text, a list of one without its brackets.
 */
import type { JsonObject } from './json-record.ts';

const none: JsonObject = Object.freeze(Object.create(null) as JsonObject);

/** Non-empty text, or undefined when absent, empty or of another kind. */
export function textField(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Whether a member says anything: a table has every column, and what a record lacks is null there. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Text, or a finite number written as text; undefined otherwise. For ids that vendors write both ways. */
export function idField(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const decimal = /^-?\d{1,20}(?:\.\d{1,20})?$/;

/** Finite number, also as decimal text; or undefined. */
export function numberField(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  if (typeof value === 'string') return decimal.test(value) ? Number(value) : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Whole number that JSON can hold exactly, also as decimal text; or undefined. */
export function integerField(object: JsonObject, key: string): number | undefined {
  const value = numberField(object, key);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Record type mnemonic in upper case (`A`, `TYPE65280`), or undefined for text that cannot be one. */
export function recordTypeField(object: JsonObject, key: string): string | undefined {
  const value = textField(object, key)?.toUpperCase();
  return value !== undefined && /^[A-Z][A-Z0-9-]{0,15}$/.test(value) ? value : undefined;
}

/** True or false, also as text in the cases that feeds write it in; or undefined. */
export function flagField(object: JsonObject, key: string): boolean | undefined {
  switch (object[key]) {
    case true:
    case 'true':
    case 'True':
    case 'TRUE':
      return true;
    case false:
    case 'false':
    case 'False':
    case 'FALSE':
      return false;
    default:
      return undefined;
  }
}

/** Object, or an empty one: lets a chain of look-ups end in undefined instead of a check at every step. */
export function objectField(object: JsonObject, key: string): JsonObject {
  return asObject(object[key]) ?? none;
}

/** Array, or an empty one. */
export function listField(object: JsonObject, key: string): readonly unknown[] {
  const value = object[key];
  return Array.isArray(value) ? value : [];
}

/** The texts of an array field, others left out; a text alone counts as a list of one. */
export function textsField(object: JsonObject, key: string): string[] {
  const value = object[key];
  if (typeof value === 'string') return value === '' ? [] : [value];
  return listField(object, key).filter((item): item is string => typeof item === 'string');
}

/** The objects of an array field, others left out; an object alone counts as a list of one. */
export function objectsField(object: JsonObject, key: string): JsonObject[] {
  const single = asObject(object[key]);
  if (single !== undefined) return [single];
  return listField(object, key).filter((item): item is JsonObject => asObject(item) !== undefined);
}

/** The value as an object, or undefined for arrays, null and scalars. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The block without its absent members. */
export function definedFields<T extends object>(fields: T): T {
  const kept: Record<string, unknown> = {};
  const given = fields as Record<string, unknown>;
  for (const name in given) if (given[name] !== undefined) kept[name] = given[name];
  return kept as T;
}
