/** Plain JSON records for `rules match --raw`: NDJSON, one JSON array, one JSON object, or objects one after the other. */

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
  const filled = lines.filter(({ content }) => content.trim() !== '');
  const isLineByLine = filled.some(
    ({ content }) => content.trimEnd().endsWith('}') && isRecord(valueOf(content)),
  );
  const read = (isLineByLine ? filled : topLevelObjects(text)).map(({ content, line }) => {
    const record = parsed(content);
    return record.ok ? { value: record.value, line } : { line, reason: record.reason };
  });
  return sorted(read);
}

function valueOf(text: string): unknown {
  const result = parsed(text);
  return result.ok ? result.value : undefined;
}

/** Pretty-printed objects written one after the other: cut where the outermost bracket closes. */
function topLevelObjects(text: string): { content: string; line: number }[] {
  const pieces: { content: string; line: number }[] = [];
  let depth = 0;
  let start = 0;
  let startLine = 1;
  let line = 1;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\n') line += 1;
    if (inString) {
      if (char === '\\') i += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      if (depth === 0) [start, startLine] = [i, line];
      depth += 1;
    } else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) pieces.push({ content: text.slice(start, i + 1), line: startLine });
    }
  }
  if (depth !== 0 || pieces.length === 0) pieces.push({ content: text.slice(start), line: startLine });
  return pieces;
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
