/** How log entries of Google Cloud arrive: bare, as a list answer, or in Pub/Sub messages, pushed or pulled. */
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import { decodedBase64 } from './base64.ts';
import { asObject, objectField, textField } from './json-field.ts';
import { nativeRecord } from './json-envelope.ts';
import { parseJson, type JsonObject } from './json-record.ts';

/** The entry, list or message inside whatever a pipeline put around it. */
export function deliveredBody(body: JsonObject): JsonObject {
  return nativeRecord(
    body,
    (each) =>
      isLogEntry(each) ||
      textField(objectField(each, 'message'), 'data') !== undefined ||
      /^[\w+/=-]{8,}$/u.test(textField(each, 'data') ?? '') ||
      listOf(each) !== undefined,
  );
}

/** Answers of `entries.list` and of a Pub/Sub pull. */
export function listOf(body: JsonObject): { member: string; items: readonly unknown[] } | undefined {
  for (const member of ['entries', 'receivedMessages']) {
    const items = body[member];
    if (Array.isArray(items)) return { member, items };
  }
  return undefined;
}

/** The entry inside a Pub/Sub message, with or without what delivers it; undefined for a bare entry. */
export function pushedEntry(body: JsonObject): Outcome<JsonObject> | undefined {
  if (isLogEntry(body)) return undefined;
  const message = asObject(body['message']);
  const data = textField(message ?? body, 'data');
  if (data === undefined) return undefined;
  const path = message === undefined ? '/data' : '/message/data';
  const bytes = decodedBase64(data);
  if (bytes === undefined) return failed('bad_field', 'Pub/Sub data is not base64', path);
  const inner = parseJson(bytes);
  return inner.ok
    ? succeeded(asObject(inner.value) ?? {})
    : failed(inner.failure.code, inner.failure.message, path);
}

function isLogEntry(body: JsonObject): boolean {
  return asObject(body['protoPayload']) !== undefined || 'queryName' in objectField(body, 'jsonPayload');
}
