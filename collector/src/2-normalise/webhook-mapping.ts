/** Declarative mapping of a sender's JSON to canonical fields: pointers and constants, no code. */
import { asObject, idField } from './json-field.ts';
import type { JsonObject } from './json-record.ts';

/**
 * Builds the event that `mapping` describes. Each member is a canonical field; its value is a JSON pointer into `body`
 * or `{"value": constant}`. `event_types` translates the sender's names; one it lacks is left as it is.
 */
export function mappedObject(body: JsonObject, mapping: JsonObject): JsonObject {
  const event: Record<string, unknown> = {};
  for (const [field, rule] of Object.entries(mapping)) {
    if (field === 'event_types' || field === '__proto__') continue;
    const constant = asObject(rule);
    const value = typeof rule === 'string' ? atPointer(body, rule) : constant?.['value'];
    if (value !== undefined) event[field] = value;
  }
  const names = asObject(mapping['event_types']);
  const native = idField(event, 'event_type');
  if (names !== undefined && native !== undefined && Object.hasOwn(names, native)) {
    event['event_type'] = names[native];
    event['event_type_original'] = native;
  }
  return event;
}

/** Value at a JSON pointer (RFC 6901); undefined when a step does not exist. Own members only. */
function atPointer(root: unknown, pointer: string): unknown {
  if (pointer === '') return root;
  if (!pointer.startsWith('/')) return undefined;
  let value: unknown = root;
  for (const step of pointer.slice(1).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
