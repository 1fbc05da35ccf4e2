/** What a service's mapping adds to the draft of a call. */
import type { EventDraft } from '../../contract/normaliser.ts';
import { idField } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';

/** Fields of a mapped call; `source` members are added to the common ones. */
export type MappedFields = Partial<EventDraft> & { event_type: string };

/** Why a call failed; undefined for one that did not. Tables of data lakes write the absent code as null or as empty text. */
export function errorCodeOf(call: JsonObject): string | undefined {
  return idField(call, 'errorCode');
}
