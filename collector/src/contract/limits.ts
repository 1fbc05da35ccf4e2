/** Every bound in one place; units are in the names. */
export const limits = {
  /** Largest raw record accepted from any feed. */
  recordBytesMax: 1024 * 1024,
  /** Largest webhook body; answered 413 above. */
  webhookBodyBytesMax: 1024 * 1024,
  /** Largest body after inflating. */
  inflatedBytesMax: 4 * 1024 * 1024,
  /** Most records in the body of one delivery: lines of one octet would cost a hundred times what was sent. */
  bodyRecordsMax: 100_000,
  /** Largest file or object read as one record by a file source. */
  fileRecordBytesMax: 16 * 1024 * 1024,
  jsonDepthMax: 64,
  jsonKeysMax: 10_000,
  /** Bytes of the raw record kept inside the event. */
  rawInlineBytesMax: 32 * 1024,
  sourceFieldBytesMax: 16 * 1024,
  /** Lengths of an event's texts in UTF-16 units: values, short texts such as ids and user agents, DNS names. */
  eventTextMax: 4096,
  eventShortTextMax: 512,
  eventNameMax: 255,
  setItemsMax: 256,
  certificateNamesMax: 100,
  evidenceMax: 64,
  timelineEntriesMax: 2_000,
  groupFanOutMax: 64,
  /** How long sealed results wait for stragglers. */
  latenessMs: 10 * 60_000,
  /** How far back duplicates are recognised, event time. */
  duplicateHorizonMs: 7 * 86_400_000,
  /** What was said and nothing can change any more is remembered this long; longer than the case keeper remembers what it is about. */
  saidKeptMs: 45 * 86_400_000,
  /** Signed deliveries older or newer than this are refused. */
  webhookToleranceMs: 5 * 60_000,
  webhookReadTimeoutMs: 10_000,
  shards: 128,
  /** Domains, accounts and people of a tenant that no inventory knows and of whom something is remembered, of each kind. */
  strangersMax: 200_000,
} as const;
