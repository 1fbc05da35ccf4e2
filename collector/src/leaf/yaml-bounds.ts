/**
 * What keeps YAML of others cheap: a count of what a parser would make nodes of, before it is parsed, and repeated keys found by
 * looking each up once. The library compares every key with every other one of its map: sixty thousand keys take it minutes.
 */
import { isScalar, parseDocument, visit, type Document } from 'yaml';

/** A key that stands twice in its map; offsets into the text. */
export interface RepeatedKey {
  readonly key: unknown;
  readonly at: number;
  readonly firstAt: number;
}

/** Options of the library that go with `repeatedKeys`. */
export const ownKeyCheck = { uniqueKeys: false } as const;

// Line breaks, and what begins, ends or parts a node (YAML 1.2.2 section 5.3).
const piece = new Uint8Array(128);
for (const character of '\n\r,:[]{}-&*!?\'"#|>') piece[character.charCodeAt(0)] = 1;

/** How many nodes, comments and line breaks a text may have at most: a microsecond or two of parsing for each. */
export function yamlPieces(text: string): number {
  let pieces = 0;
  for (let at = 0; at < text.length; at++) pieces += piece[text.charCodeAt(at)] ?? 0;
  return pieces;
}

/** Anchors and aliases a text may hold: for each alias the library walks along all of them. */
const referencesMax = 5_000;

/** Why a text is not parsed, to be put after its name; undefined: it may be, and takes at most some microseconds a piece. */
export function yamlRefusal(text: string, piecesMax: number): string | undefined {
  const pieces = yamlPieces(text);
  if (pieces > piecesMax)
    return `has ${pieces} parts (lines, keys, entries); at most ${piecesMax} are read in one go`;
  const references = text.match(/(?:^|[\s,[\]{}:])[&*][^\s,[\]{}&*]/g)?.length ?? 0;
  if (references > referencesMax)
    return `has ${references} anchors (&name) and aliases (*name); at most ${referencesMax} are followed`;
  return undefined;
}

/** Keys that stand again in their map, in the order of the text. */
export function repeatedKeys(document: Document.Parsed | Document): RepeatedKey[] {
  const found: RepeatedKey[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Map<string, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const text = `${typeof key.value} ${String(key.value)}`;
        const at = key.range?.[0] ?? 0;
        const firstAt = seen.get(text);
        if (firstAt === undefined) seen.set(text, at);
        else found.push({ key: key.value, at, firstAt });
      }
    },
  });
  return found;
}

/** Most pieces of a text of a person that `plainYaml` reads. */
const plainPiecesMax = 150_000;

/**
 * One YAML document as plain data; an anchored value may be repeated `aliasesMax` times in all. Throws an Error whose message is for people: what is wrong with the text, or
 * why it is too much.
 */
export function plainYaml(text: string, aliasesMax = 0): unknown {
  const refusal = yamlRefusal(text, plainPiecesMax);
  if (refusal !== undefined) throw new Error(refusal);
  const document = parseDocument(text, { ...ownKeyCheck, prettyErrors: false });
  const [fault] = document.errors;
  if (fault !== undefined) throw new Error(fault.message);
  for (const { key } of repeatedKeys(document))
    throw new Error(`the key ${JSON.stringify(key)} stands twice in one map; keep one of them`);
  return document.toJS({ maxAliasCount: aliasesMax }) as unknown;
}
