/** Every error code, its cause and what to do. docs/errors.md is generated from this table. */
export const errorCodes = {
  not_utf8: ['bytes are not valid UTF-8', 'check the encoding at the source; the raw bytes are kept'],
  not_json: [
    'text is not valid JSON',
    'the record was cut or is another format; see the offset in the message',
  ],
  not_xml: ['text is not well-formed XML', 'the frame was cut or is another format'],
  too_large: ['record is larger than the limit', 'raise limits.record_bytes_max or fix the sender'],
  too_deep: ['nesting is deeper than the limit', 'no real feed nests this deep; inspect the sender'],
  too_many_keys: ['more keys or elements than the limit', 'no real record has this many; inspect the sender'],
  not_an_object: ['record is not a JSON object', 'send one object per record'],
  missing_field: ['a field this format requires is absent', 'compare with docs/sources for this feed'],
  bad_field: [
    'a field has a type or value the format does not allow',
    'compare with docs/sources for this feed',
  ],
  bad_timestamp: [
    'a time could not be read',
    'times need a date, a time and, where the format has one, a zone',
  ],
  bad_domain_name: ['a name is not a DNS name', 'see RFC 1035 section 2.3.4 and RFC 5891'],
  bad_wire_format: ['a binary message breaks its format', 'the message was cut or damaged in transit'],
  bad_signature: [
    'a delivery is signed and the signature does not match',
    'check the shared secret on both sides',
  ],
  stale_delivery: [
    'a signed delivery is outside the time tolerance',
    'check clocks; replayed deliveries are refused',
  ],
  unsupported_format: ['the file or content type is not one this feed has', 'see docs/sources for this feed'],
  wrong_source: ['the record belongs to another feed', 'send it to the intake of that feed'],
  schema_violation: ['the normalised event breaks the canonical schema', 'a mapping fault: please report it'],
  normaliser_bug: ['the mapping code threw', 'a mapping fault: please report it with the quarantined bytes'],
  disk_full: ['the log cannot be written for lack of space', 'free space; intake resumes by itself'],
  engine_full: [
    'as much waits for stragglers as memory may hold',
    'nothing to do: senders are asked to come again and intake resumes by itself; see docs/operations.md when it lasts',
  ],
  disk_fault: [
    'the disk failed a write or a sync',
    'the process stops; check the device before starting again',
  ],
  log_damaged: [
    'a block in the middle of the log has a wrong checksum',
    'restore the segment or start from a checkpoint',
  ],
  endpoint_unreachable: [
    'a sink or source could not be reached',
    'check address, network and TLS; delivery is retried',
  ],
  endpoint_refused: [
    'a sink refused the data for good',
    'see the message of the endpoint; the batch is in quarantine',
  ],
  endpoint_throttled: ['an endpoint asked to slow down', 'nothing to do; Retry-After is respected'],
  endpoint_timeout: ['an endpoint did not answer in time', 'nothing to do; delivery is retried'],
  unauthorised: ['credentials are missing or wrong', 'check the secret file or variable of this connector'],
  bad_configuration: ['configuration cannot be used', 'see path and message; run "zonewarden check"'],
} as const satisfies Record<string, readonly [cause: string, remedy: string]>;

/** A stable, documented failure code. */
export type ErrorCode = keyof typeof errorCodes;

/** True for a rejection of the intake that passes by itself: pause, then offer the same records again. */
export function isHeldBack(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'disk_full' || code === 'engine_full';
}
