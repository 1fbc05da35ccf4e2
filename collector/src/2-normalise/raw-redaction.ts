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
  const found: string[] = [];
  for (const name of names) {
    const { rareEnd, patterns } = searchOf(name);
    if (!text.includes(rareEnd) || !text.includes(name)) continue;
    const before = redacted;
    for (const { pattern, needs } of patterns)
      if (redacted.includes(needs)) redacted = redacted.replace(pattern, blanked);
    if (redacted !== before) found.push(name);
  }
  return { text: redacted, redactions: found.sort() };
}

/** A pattern, and a text without which it matches nowhere: looking for that is far cheaper. */
interface Pattern {
  readonly pattern: RegExp;
  readonly needs: string;
}

interface Search {
  /**
   * The name from its last capital letter on. A search stops at every letter that could begin what it looks for, and capital
   * letters are rare in JSON: a text without this end is known in a quarter of the time.
   */
  readonly rareEnd: string;
  readonly patterns: readonly Pattern[];
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
  const made = { rareEnd: name.slice(Math.max(0, name.search(/[A-Z][^A-Z]*$/u))), patterns };
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
    const isCredential = names.has(name) && typeof inner === 'string';
    Object.defineProperty(copy, name, {
      value: isCredential ? blank : redactValue(inner, names, depth + 1),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return copy;
}
