/**
 * Credentials inside the raw text that travels with an event: invitation tokens, session tokens, authorisation codes.
 * The stored record keeps its bytes and the event their hash; what is shown, sent and exported has `***` in their place.
 */

/** A text without credentials, and the names of the members or elements that were blanked, sorted. */
export interface RedactedText {
  readonly text: string;
  readonly redactions: readonly string[];
}

const blank = '***';

/**
 * Blanks the text of JSON members (also where the JSON stands inside a JSON string) and of XML elements with these
 * names. A name that does not occur costs one search.
 */
export function redactText(text: string, names: readonly string[]): RedactedText {
  let redacted = text;
  let found = noNames;
  for (const name of names) {
    const search = searchOf(name);
    if (!occurs(text, name, search)) continue;
    const { patterns } = search;
    const before = redacted;
    for (const { pattern, needs } of patterns)
      if (redacted.includes(needs)) redacted = redacted.replace(pattern, blanked);
    if (redacted !== before) found = [...found, name].sort();
  }
  return { text: redacted, redactions: found };
}

const noNames: readonly string[] = [];

/** Whether the name stands anywhere: looked for from its rarest letter on, at which a search has to stop the least often. */
function occurs(text: string, name: string, { rareAt, rareEnd }: Search): boolean {
  for (let at = text.indexOf(rareEnd, rareAt); at >= 0; at = text.indexOf(rareEnd, at + 1))
    if (text.startsWith(name, at - rareAt)) return true;
  return false;
}

/** A pattern, and a text without which it matches nowhere: looking for that is far cheaper. */
interface Pattern {
  readonly pattern: RegExp;
  readonly needs: string;
}

interface Search {
  /** Where in the name its rarest letter is, and the name from there on. */
  readonly rareAt: number;
  readonly rareEnd: string;
  readonly patterns: readonly Pattern[];
}

/** Letters by how often they stand in audit records, the rarest first. */
const rarity = 'JYQKXHWZqjGBFLzVUkMPORwEDChvSbTNIAxgfymuplcdsrnoiate';

function rarestLetter(name: string): number {
  let rarest = 0;
  const rank = (at: number): number => (rarity.indexOf(name.charAt(at)) + rarity.length) % rarity.length;
  for (let at = 1; at < name.length - 1; at++) if (rank(at) < rank(rarest)) rarest = at;
  return rarest;
}

const searches = new Map<string, Search>();

/** As JSON member, as member of JSON inside a JSON string, and as XML element. Names come from the program. */
function searchOf(name: string): Search {
  const known = searches.get(name);
  if (known !== undefined) return known;
  const patterns: Pattern[] = [
    { pattern: new RegExp(`("${name}"\\s*:\\s*")(?:[^"\\\\]|\\\\[^])*(")`, 'g'), needs: `"${name}"` },
    // The object is text inside another one: every quote and every backslash has one more in front.
    {
      pattern: new RegExp(
        `(\\\\"${name}\\\\"\\s*:\\s*\\\\")(?:[^"\\\\]|\\\\\\\\(?:\\\\["\\\\]|[^"\\\\]))*(\\\\")`,
        'g',
      ),
      needs: `\\"${name}\\"`,
    },
    {
      pattern: new RegExp(`(<(?:[A-Za-z][\\w.-]*:)?${name}(?:\\s[^<>]*)?>)[^<]*(</)`, 'g'),
      needs: '</',
    },
  ];
  const rareAt = rarestLetter(name);
  const made = { rareAt, rareEnd: name.slice(rareAt), patterns };
  searches.set(name, made);
  return made;
}

const blanked = (_whole: string, before: string, after: string): string => `${before}${blank}${after}`;

const depthMax = 16;

/** The same for the fields an event keeps of its source. The given object is not changed. */
export function redactFields(
  fields: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return redactValue(fields, new Set(names), 0) as Record<string, unknown>;
}

function redactValue(value: unknown, names: ReadonlySet<string>, depth: number): unknown {
  if (depth > depthMax || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => redactValue(each, names, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    const isCredential = typeof inner === 'string' && names.has(name);
    const value = isCredential ? blank : redactValue(inner, names, depth + 1);
    if (name !== '__proto__') copy[name] = value;
    else Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return copy;
}
