/**
 * EPP poll messages (RFC 5730 section 2.9.2.3, 5731, 8590), one response frame a record, with the real quirks of SWITCH,
 * Nominet, CentralNic, EURid, RRPproxy and Nomulus. An empty queue, an acknowledgement or a greeting holds no fact.
 */
import { otherActivity } from '../../contract/event-types.ts';
import type { EventDraft, Normaliser } from '../../contract/normaliser.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { Outcome } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { formatInstant } from '../../leaf/time.ts';
import type { Instant } from '../../leaf/time.ts';
import { asObject } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { element, elementText, eppFrame } from './frame.ts';
import { isRefusedAction, messageFacts } from './message.ts';
import { eppInstant } from './message-fact.ts';
import { payloadOf } from './payload.ts';
import type { Payload } from './payload.ts';
import { blankDraft } from '../blank-draft.ts';

/** The EPP poll feed. `instance` is the registrar's account at the registry, part of every id. */
export const eppPoll: Normaliser = {
  source: 'epp-poll',
  version: 1,
  credentials: ['pw'],
  normalise(record) {
    const frame = eppFrame(record.bytes);
    if (!frame.ok) return frame;
    const response = element(frame.value, 'response');
    return response === undefined ? succeeded([]) : responseDrafts(response, record, frame.value);
  },
};

function responseDrafts(
  response: JsonObject,
  record: RawRecord,
  frame: JsonObject,
): Outcome<readonly EventDraft[]> {
  const result = element(response, 'result');
  const code = Number(result?.['@code'] ?? Number.NaN);
  if (!Number.isInteger(code))
    return failed('missing_field', 'expected a result code', '/epp/response/result');
  if (code !== 1301 && code < 2000) return succeeded([]);
  const queue = element(response, 'msgQ');
  const id = queue?.['@id'];
  if (code === 1301 && typeof id !== 'string')
    return failed('missing_field', 'expected the message id', '/epp/response/msgQ');
  const queueText = queue === undefined ? undefined : elementText(queue, 'qDate');
  const text = queue === undefined ? undefined : elementText(queue, 'msg');
  const queuedAt = queueText === undefined ? undefined : eppInstant(queueText);
  if (queueText !== undefined && queuedAt === undefined)
    return failed('bad_timestamp', `"${queueText.slice(0, 40)}" is not a time`, '/epp/response/msgQ/qDate');
  const transaction = element(response, 'trID');
  const base = {
    ...baseOf(record, queuedAt),
    key: [record.instance ?? '', typeof id === 'string' ? id : '', queueText ?? ''],
    sequence: typeof id === 'string' ? id : undefined,
    source_event_id: typeof id === 'string' ? id : undefined,
    request_id: transaction === undefined ? undefined : elementText(transaction, 'svTRID'),
  };
  const source = text === undefined ? {} : { message: text };
  if (code >= 2000) return succeeded([{ ...base, ...refusalOf(code, result) }]);
  const payload = payloadOf(response, frame, queue);
  const facts = messageFacts(payload, text ?? '');
  if (facts.length === 0)
    return succeeded([
      {
        ...base,
        atom: '',
        event_type: otherActivity,
        event_type_original: (text ?? 'poll message').slice(0, 512),
        outcome: isRefusedAction(element(payload.data, 'panData')) ? 'failure' : 'success',
        domain: domainOf(payload, text ?? ''),
        source: { ...source, response: { ...response } },
      },
    ]);
  return succeeded(
    facts.map(({ name, at, ...fact }) => {
      const canonical = name === undefined ? undefined : canonicalName(name);
      const instant = at === undefined ? undefined : eppInstant(at);
      return {
        ...base,
        ...(instant === undefined ? {} : timesOf(instant)),
        outcome: 'success' as const,
        domain: canonical,
        atom: `${canonical ?? ''} ${fact.attribute ?? ''} ${fact.record_name ?? ''}`.trimEnd(),
        transaction_size: facts.length,
        transaction_id: typeof id === 'string' ? `epp-${id}` : undefined,
        ...fact,
        source: { ...source, ...fact.source },
      };
    }),
  );
}

/** A command that failed: nothing was told about any object. */
function refusalOf(
  code: number,
  result: JsonObject | undefined,
): Pick<EventDraft, 'atom' | 'event_type' | 'event_type_original' | 'outcome' | 'source'> {
  return {
    atom: '',
    event_type: otherActivity,
    event_type_original: `result ${code}`,
    outcome: 'failure',
    source: { message: result === undefined ? undefined : elementText(result, 'msg') },
  };
}

/** Domain that an otherwise unknown message is about: of a known object, else of any payload, else the only one in the text. */
function domainOf(payload: Payload, text: string): string | undefined {
  for (const [name, kind] of payload.kinds) {
    const object = kind === 'contact' ? undefined : element(payload.data, name);
    const canonical = object === undefined ? undefined : canonicalName(elementText(object, 'name') ?? '');
    if (canonical !== undefined) return kind === 'host' ? registrableDomain(canonical) : canonical;
  }
  if ([...payload.kinds.values()].includes('contact')) return undefined;
  return namedInside(payload.data) ?? namedInside(payload.extension) ?? namedInText(text);
}

const elementsMax = 256;

/** The first `name` below, nearest level first, that is a DNS name: in a registry's own namespace it is the object's. */
function namedInside(root: JsonObject): string | undefined {
  let level: readonly JsonObject[] = [root];
  for (let count = 0; level.length > 0 && count < elementsMax;) {
    const next: JsonObject[] = [];
    for (const each of level) {
      count += 1;
      const name = canonicalName(elementText(each, 'name') ?? '');
      if (name?.includes('.') === true && registrableDomain(name) !== undefined) return name;
      for (const inner of Object.values(each))
        for (const item of Array.isArray(inner) ? (inner as unknown[]) : [inner]) {
          const object = asObject(item);
          if (object !== undefined) next.push(object);
        }
    }
    level = next;
  }
  return undefined;
}

/** Two names or more leave open which one the message is about. */
function namedInText(text: string): string | undefined {
  const found = new Set<string>();
  for (const [word] of text.slice(0, 2048).matchAll(/[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+/gu)) {
    const name = canonicalName(word);
    const domain = name === undefined ? undefined : registrableDomain(name);
    if (domain !== undefined) found.add(domain);
  }
  return found.size === 1 ? [...found][0] : undefined;
}

function baseOf(record: RawRecord, queuedAt: Instant | undefined) {
  return {
    ...blankDraft,
    ...(queuedAt === undefined
      ? { timestamp: formatInstant(record.receivedAtMs), timestamp_precision: 'interval' as const }
      : timesOf(queuedAt)),
    source_system: 'epp',
    source_kind: 'epp_poll' as const,
    acquisition: 'poll' as const,
    confidence: 0.95,
    confidence_basis: 'audit_poll',
    actor_id: 'unknown',
    actor_type: 'unknown' as const,
    actor_origin: 'unknown' as const,
    approval_state: 'not_checked' as const,
  };
}

function timesOf(instant: Instant): Pick<EventDraft, 'timestamp' | 'timestamp_precision'> {
  return { timestamp: formatInstant(instant.ms), timestamp_precision: instant.precision };
}
