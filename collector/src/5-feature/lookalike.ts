/**
 * Lookalikes of monitored names (reference: detection.md 3.8), against all of them at once: the cost of a name does not grow
 * with the number of monitored ones. Distance 2 and substrings go through hashes of deletions behind a bit filter.
 */
import { registrableDomain, unicodeName } from '../leaf/domain-name.ts';
import { confusableFold } from './confusable-fold.ts';
import {
  charsMax,
  eachDeletion,
  endsOfDeletions,
  everyDeletion,
  hashIndex,
  hashesOf,
  range,
} from './deletion-hashes.ts';

/** Why a name looks like a monitored one. */
export type LookalikeKind =
  | 'skeleton'
  | 'distance_1'
  | 'distance_2'
  | 'bitsquat'
  | 'token_with_service_word'
  | 'other_tld'
  | 'token'
  | 'substring';

/** Best match of a name. `score` 0..100 before circumstances. */
export interface LookalikeMatch {
  readonly target: string;
  readonly kind: LookalikeKind;
  readonly score: number;
}

/** What else is known about the name; absent means unknown and adds nothing. */
export interface LookalikeCircumstances {
  readonly hasMx?: boolean;
  readonly hasCertificate?: boolean;
  readonly ageDays?: number;
  readonly sharesNameServerWithHit?: boolean;
  readonly ownRegistration?: boolean;
}

/** Finds the best match of a canonical name; undefined: it is monitored itself, or looks like nothing we watch. */
export interface LookalikeIndex {
  match(name: string): LookalikeMatch | undefined;
}

const scores: Readonly<Record<LookalikeKind, number>> = {
  skeleton: 100,
  distance_1: 88,
  bitsquat: 85,
  token_with_service_word: 80,
  other_tld: 75,
  distance_2: 70,
  token: 65,
  substring: 50,
};

const serviceWords: ReadonlySet<string> = new Set(
  'login signin secure security pay payment payments support account accounts verify verification auth sso mail webmail help service services portal update wallet bank online id my admin'.split(
    ' ',
  ),
);
const distanceTwoCharsMin = 8;
const distanceOneCharsMin = 4;
const tokenCharsMin = 3;
const substringCharsMin = 6;
/** Damerau distance (optimal string alignment), 3 when it is above 2. Texts are labels: at most 63 characters. */
export function damerauDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(old[j]! + 1, row[j - 1]! + 1, old[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        value = Math.min(value, older[j - 2]! + 1);
      row.push(value);
      least = Math.min(least, value);
    }
    if (least > 2) return 3;
    older = old;
    old = row;
  }
  return Math.min(3, old[b.length]!);
}

const keyRows = ['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/** Keys that touch on a QWERTY keyboard, each row half a key to the right of the one above. */
const neighbours: ReadonlySet<string> = new Set(
  keyRows.flatMap((row, at) =>
    Array.from(row).flatMap((key, i) => {
      const below = keyRows[at + 1] ?? '';
      return [row[i + 1], below[i], below[i - 1]].flatMap((other) =>
        other === undefined ? [] : [key + other, other + key],
      );
    }),
  ),
);

/** True when two texts of equal length differ only in keys that touch, in two places: as easily typed as one wrong letter. */
function isSlipOfFingers(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let slips = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    if (!neighbours.has(`${a[i]}${b[i]}`)) return false;
    slips++;
  }
  return slips === 2;
}

function isBitsquat(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let flips = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a.charCodeAt(i) ^ b.charCodeAt(i);
    if (difference === 0) continue;
    flips++;
    if ((difference & (difference - 1)) !== 0 || flips > 1) return false;
  }
  return flips === 1;
}

interface Brand {
  readonly domain: string;
  readonly label: string;
}

function labelOf(domain: string): string {
  const dot = domain.indexOf('.');
  return dot === -1 ? domain : domain.slice(0, dot);
}

/** Indexes in use, by the names they were made of: the filter of shared feeds and the watch of an only tenant are one. */
let inUse: WeakRef<{ readonly names: readonly string[]; readonly index: LookalikeIndex }>[] = [];
const madeOf = new WeakMap<
  LookalikeIndex,
  { readonly names: readonly string[]; readonly index: LookalikeIndex }
>();

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, at) => name === b[at]);
}

/** An index over monitored registrable domains, canonical. The same names again give the same index. */
export function lookalikeIndex(monitored: readonly string[]): LookalikeIndex {
  const sorted = [...monitored].sort();
  inUse = inUse.filter((ref) => ref.deref() !== undefined);
  const known = inUse.find((ref) => isSameList(ref.deref()?.names ?? [], sorted))?.deref();
  if (known !== undefined) return known.index;
  const made = { names: sorted, index: makeIndex(sorted) };
  // It lives as long as its index does.
  madeOf.set(made.index, made);
  inUse.push(new WeakRef(made));
  return made.index;
}

/** `monitored`: sorted. */
function makeIndex(monitored: readonly string[]): LookalikeIndex {
  const own = new Set(monitored);
  const brands = monitored.map((domain): Brand => ({ domain, label: labelOf(domain) }));
  const byLabel = new Map<string, Brand>();
  const byFold = new Map<string, Brand>();
  const ends = endsOfDeletions();
  const buffer = new Int32Array(charsMax + 1);
  for (const brand of brands) {
    const { label } = brand;
    if (!byLabel.has(label)) byLabel.set(label, brand);
    const fold = confusableFold(unicodeName(label));
    if (!byFold.has(fold)) byFold.set(fold, brand);
    if (label.length >= distanceTwoCharsMin) ends.add(label);
  }
  const deletions = hashIndex((put) => {
    for (const [number, { label }] of brands.entries())
      if (label.length >= distanceOneCharsMin)
        eachDeletion(label, buffer, label.length >= distanceTwoCharsMin ? everyDeletion : undefined, (hash) =>
          put(hash, number),
        );
  });
  const starts = hashIndex((put) => {
    for (const [number, { label }] of brands.entries())
      if (label.length >= substringCharsMin)
        put(range(hashesOf(label, buffer), 0, substringCharsMin), number);
  });

  function byDistance(label: string): LookalikeMatch | undefined {
    let best: LookalikeMatch | undefined;
    let seen: Set<number> | undefined;
    const consider = (number: number): void => {
      seen ??= new Set();
      if (seen.has(number)) return;
      seen.add(number);
      const brand = brands[number]!;
      const distance = damerauDistance(label, brand.label);
      const isShort = label.length < distanceTwoCharsMin || brand.label.length < distanceTwoCharsMin;
      if (distance === 0 || distance > 2 || (distance === 2 && isShort)) return;
      const kind = distance === 1 || isSlipOfFingers(label, brand.label) ? 'distance_1' : 'distance_2';
      if (best === undefined || scores[kind] > best.score)
        best = { target: brand.domain, kind, score: scores[kind] };
    };
    eachDeletion(label, buffer, label.length >= distanceTwoCharsMin ? ends.of(label) : undefined, (hash) =>
      deletions.each(hash, consider),
    );
    return best;
  }

  function byToken(labels: readonly string[]): LookalikeMatch | undefined {
    if (labels.length === 1 && labels[0]?.includes('-') !== true) return undefined;
    const tokens = labels.flatMap((label) => label.split('-'));
    const found = tokens.find((token) => token.length >= tokenCharsMin && byLabel.has(token));
    if (found === undefined || tokens.length === 1) return undefined;
    const kind = tokens.some((token) => token !== found && serviceWords.has(token))
      ? 'token_with_service_word'
      : 'token';
    return { target: byLabel.get(found)!.domain, kind, score: scores[kind] };
  }

  function bySubstring(label: string): LookalikeMatch | undefined {
    if (label.length <= substringCharsMin || label.length > charsMax) return undefined;
    const hashes = hashesOf(label, buffer);
    for (let at = 0; at + substringCharsMin <= label.length; at++) {
      let found: Brand | undefined;
      starts.each(range(hashes, at, at + substringCharsMin), (number) => {
        if (found === undefined && label.startsWith(brands[number]!.label, at)) found = brands[number];
      });
      if (found !== undefined) return { target: found.domain, kind: 'substring', score: scores.substring };
    }
    return undefined;
  }

  return {
    match(name) {
      const host = name.startsWith('*.') ? name.slice(2) : name;
      const domain = registrableDomain(host) ?? host;
      if (own.has(domain)) return undefined;
      const label = labelOf(domain);
      if (label.length > charsMax - 1) return undefined;
      const exact = byLabel.get(label);
      if (exact !== undefined) return { target: exact.domain, kind: 'other_tld', score: scores.other_tld };
      const folded = byFold.get(confusableFold(unicodeName(label)));
      if (folded !== undefined) return { target: folded.domain, kind: 'skeleton', score: scores.skeleton };
      const near = label.length >= distanceOneCharsMin ? byDistance(label) : undefined;
      if (near !== undefined && near.score >= scores.token_with_service_word) return near;
      const below = host === domain ? [] : host.slice(0, -domain.length - 1).split('.');
      const token = byToken([...below, label]);
      const other = token ?? bySubstring(label);
      if (near === undefined || other === undefined) return near ?? other;
      return other.score > near.score ? other : near;
    },
  };
}

/** Kind refined for reports: a distance of one that is a single flipped bit of memory. Same or lower score, other cause. */
export function isBitFlip(label: string, target: string): boolean {
  return isBitsquat(label, labelOf(target));
}

/** Score with circumstances, clamped to 0..100. A finding begins at 70. */
export function lookalikeScore(match: LookalikeMatch, about: LookalikeCircumstances): number {
  let score = match.score;
  if (about.hasMx === true) score += 10;
  if (about.hasCertificate === true) score += 10;
  if (about.ageDays !== undefined && about.ageDays < 30) score += 10;
  if (about.sharesNameServerWithHit === true) score += 5;
  if (about.ownRegistration === true) score -= 40;
  if (about.ageDays !== undefined && about.ageDays > 730) score -= 20;
  return Math.max(0, Math.min(100, score));
}
