/**
 * JSON with keys sorted by code unit and no white space, after RFC 8785 (JCS). Numbers and strings are written as
 * ECMAScript does, which is what RFC 8785 prescribes. Undefined members are left out.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  let members = '';
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    // Most keys are words, which stand in JSON as they are.
    const name = word.test(key) ? `"${key}"` : JSON.stringify(key);
    members += `${members === '' ? '' : ','}${name}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

const word = /^\w*$/;
