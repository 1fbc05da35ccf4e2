/** Plain JSON records for `rules match --raw`: NDJSON, one JSON array, or one JSON object. */

/** Records in file order, and what could not be read, with line numbers from 1. */
export interface RawEvents {
  readonly records: readonly Record<string, unknown>[];
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
}

/** Reads records from text. A bad line is a problem and costs no other line. */
export function rawEvents(text: string): RawEvents {
  const whole = parsed(text);
  if (whole.ok)
    return sorted(
      (Array.isArray(whole.value) ? whole.value : [whole.value]).map((value) => ({ value, line: 1 })),
    );
  const lines = text.split('\n').map((content, index) => ({ content, line: index + 1 }));
  const read = lines
    .filter(({ content }) => content.trim() !== '')
    .map(({ content, line }) => {
      const record = parsed(content);
      return record.ok ? { value: record.value, line } : { line, reason: record.reason };
    });
  return sorted(read);
}

function sorted(read: readonly { value?: unknown; line: number; reason?: string }[]): RawEvents {
  const records: Record<string, unknown>[] = [];
  const problems: { line: number; reason: string }[] = [];
  for (const { value, line, reason } of read) {
    if (isRecord(value)) records.push(value);
    else problems.push({ line, reason: reason ?? 'is not a JSON object' });
  }
  return { records, problems };
}

function parsed(text: string): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, reason: `not JSON: ${error instanceof Error ? error.message : 'cannot be read'}` };
  }
}

/**
 * Windows event JSON (`Event.System`, `Event.EventData`, `Event.UserData`): its fields are added flat, as Sigma rules name
 * them, with spaces inside names left out as well. Any other record is returned as it is.
 */
export function windowsFields(record: Record<string, unknown>): Record<string, unknown> {
  const event = record['Event'];
  if (!isRecord(event)) return record;
  const flat: Record<string, unknown> = {};
  const add = (part: unknown): void => {
    if (!isRecord(part)) return;
    for (const [key, value] of Object.entries(part)) {
      if (key.startsWith('#') || key === '__proto__') continue;
      const attributes = isRecord(value) ? value['#attributes'] : undefined;
      const content = isRecord(attributes) && isRecord(value) ? (value['#text'] ?? value) : value;
      flat[key] = content;
      if (key.includes(' ')) flat[key.replaceAll(' ', '')] = content;
      if (isRecord(attributes))
        for (const [name, inner] of Object.entries(attributes)) flat[`${key}_${name}`] = inner;
    }
  };
  add(event['System']);
  add(event['EventData']);
  const user = event['UserData'];
  if (isRecord(user)) for (const part of Object.values(user)) add(part);
  return { ...flat, ...record };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
