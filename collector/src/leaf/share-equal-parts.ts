/** Parts of documents that say the same, kept once: a fleet of domains has a few hosts, accounts and expectations. */

/**
 * Makes equal strings, lists and objects inside the values one and the same, in place; what is frozen stays. Only for
 * parsed JSON that nobody changes any more.
 */
export function shareEqualParts(values: readonly object[]): void {
  const parts = new Map<string, unknown>();
  for (const value of values) {
    if (Object.isFrozen(value)) continue;
    const members = value as Record<string, unknown>;
    for (const name of Object.keys(members)) {
      const part = members[name];
      if (typeof part !== 'string' && (typeof part !== 'object' || part === null)) continue;
      const text = JSON.stringify(part);
      const known = parts.get(text);
      if (known !== undefined) members[name] = known;
      else if (parts.size < partsMax) parts.set(text, part);
    }
  }
}

/** What is different in every value is not worth remembering. */
const partsMax = 4_096;
