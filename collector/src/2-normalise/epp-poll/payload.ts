/** What a poll response carries besides its message, wherever the server put it. */
import { asObject } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { element, elementList, objectKindOf } from './frame.ts';
import type { ObjectKind } from './frame.ts';

/** Payload elements by local name; `kinds` says for the object elements which kind of object they are about. */
export interface Payload {
  readonly data: JsonObject;
  readonly extension: JsonObject;
  readonly kinds: ReadonlyMap<string, ObjectKind>;
  /** Elements that stand inside the message itself, where FRED registries put everything. */
  readonly message: JsonObject;
}

const objectElements = [
  'infData',
  'creData',
  'renData',
  'trnData',
  'panData',
  'updData',
  'updateData',
] as const;

/**
 * `resData` and `extension`, and what RFC 9038 moves into `result/extValue/value` because the namespace was not in the
 * login: there both stand side by side, so each is offered as both.
 */
export function payloadOf(response: JsonObject, frame: JsonObject, queue: JsonObject | undefined): Payload {
  const kinds = new Map<string, ObjectKind>();
  for (const name of objectElements) {
    const kind = objectKindOf(frame, name);
    if (kind !== undefined) kinds.set(name, kind);
  }
  const data = { ...element(response, 'resData') };
  const extension = { ...element(response, 'extension') };
  const unhandled = elementList(element(response, 'result') ?? {}, 'extValue');
  for (const each of unhandled)
    for (const [name, value] of Object.entries(element(each, 'value') ?? {})) {
      if (name.startsWith('@') || name === '#' || asObject(value) === undefined) continue;
      if (name === 'changeData' || Object.hasOwn(data, name)) extension[name] ??= value;
      else data[name] = value;
    }
  return { data, extension, kinds, message: element(queue ?? {}, 'msg') ?? {} };
}
