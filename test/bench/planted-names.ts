/** Made-up domain names, and lookalikes of them as squatters register them. The same at every run. */

/** A lookalike with the way it was made. */
export interface PlantedName {
  readonly kind: string;
  readonly name: string;
}

const syllables =
  'ba be bo ca co da de di do el en er fa fi ga go ha in ka ko la le li lo ma me mi mo na ne ni no or pa pe po ra re ri ro sa se si so sta ta te ti to tra tri va ve vi vo za zen lux net pay bank shop med tech data'.split(
    ' ',
  );
const topLevels = ['com', 'net', 'org', 'io', 'de', 'shop', 'co.uk'];
const service = ['login', 'secure', 'verify', 'support', 'account'];
const others = ['rewards', 'deals', 'holdings', 'info'];

/** Numbers in 0..1 that look random; `seed` is any text. */
function numbers(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 0x1_000_000;
  };
}

/** Distinct registrable names of about `chars` characters in all, out of syllables. */
export function strangersNames(count: number, seed: string, chars: number): string[] {
  const next = numbers(seed);
  const pick = (from: readonly string[]): string => from[Math.floor(next() * from.length)]!;
  const names = new Set<string>();
  while (names.size < count) {
    const topLevel = pick(topLevels);
    let label = '';
    while (label.length < chars - topLevel.length - 1) label += pick(syllables);
    if (label.length > 12 && next() < 0.25) label = `${label.slice(0, 6)}-${label.slice(6)}`;
    names.add(`${label}.${topLevel}`);
  }
  return [...names];
}

const looksLike: readonly (readonly [of: string, as: string])[] = [
  ['m', 'rn'],
  ['o', '0'],
  ['l', '1'],
];
const cyrillic: Readonly<Record<string, string>> = {
  a: '\u0430',
  e: '\u0435',
  o: '\u043e',
  p: '\u0440',
  c: '\u0441',
};
const neighbours: Readonly<Record<string, string>> = {
  a: 's',
  e: 'r',
  o: 'p',
  n: 'm',
  t: 'r',
  i: 'o',
  s: 'd',
  r: 't',
};

type Make = (label: string, topLevel: string, at: number) => string | undefined;

/** One way each; undefined: it does not apply to this label. `at` is a place inside the label. */
const ways: Readonly<Record<string, Make>> = {
  homoglyph(label, topLevel) {
    const pair = looksLike.find(([of]) => label.includes(of));
    return pair === undefined ? undefined : `${label.replace(pair[0], pair[1])}.${topLevel}`;
  },
  idn(label, topLevel) {
    const letter = Object.keys(cyrillic).find((each) => label.includes(each));
    if (letter === undefined) return undefined;
    return new URL(`http://${label.replace(letter, cyrillic[letter]!)}.${topLevel}/`).hostname;
  },
  omission: (label, topLevel, at) => `${label.slice(0, at)}${label.slice(at + 1)}.${topLevel}`,
  repetition: (label, topLevel, at) => `${label.slice(0, at)}${label[at]}${label.slice(at)}.${topLevel}`,
  transposition(label, topLevel, at) {
    const [a, b] = [label[at], label[at + 1]];
    return b === undefined || a === b
      ? undefined
      : `${label.slice(0, at)}${b}${a}${label.slice(at + 2)}.${topLevel}`;
  },
  replacement(label, topLevel, at) {
    const as = neighbours[label[at]!];
    return as === undefined ? undefined : `${label.slice(0, at)}${as}${label.slice(at + 1)}.${topLevel}`;
  },
  hyphen: (label, topLevel, at) =>
    at === 0 ? undefined : `${label.slice(0, at)}-${label.slice(at)}.${topLevel}`,
  bitsquat(label, topLevel, at) {
    for (const bit of [1, 2, 4, 8, 16]) {
      const flipped = String.fromCharCode(label.charCodeAt(at) ^ bit);
      if (/[a-z0-9]/.test(flipped))
        return `${label.slice(0, at)}${flipped}${label.slice(at + 1)}.${topLevel}`;
    }
    return undefined;
  },
  'other-tld': (label, topLevel) => `${label}.${topLevel === 'org' ? 'com' : 'org'}`,
  'combo-service': (label, topLevel, at) => `${label}-${service[at % service.length]}.${topLevel}`,
  'combo-word': (label, topLevel, at) => `${others[at % others.length]}-${label}.${topLevel}`,
  'subdomain-of-stranger': (label, _topLevel, at) => `${label}.${service[at % service.length]}-center.net`,
};

/** Lookalikes of every kind of some of the names; none of them is a monitored name itself. */
export function plantedLookalikes(monitored: readonly string[]): PlantedName[] {
  const own = new Set(monitored);
  const next = numbers('planted');
  const planted: PlantedName[] = [];
  for (let n = 0; n < monitored.length; n += 20) {
    const name = monitored[n]!;
    const dot = name.indexOf('.');
    const label = name.slice(0, dot);
    if (label.length < 6) continue;
    for (const [kind, make] of Object.entries(ways)) {
      const at = Math.floor(next() * (label.length - 1));
      const made = make(label, name.slice(dot + 1), at);
      if (made !== undefined && !own.has(made)) planted.push({ kind, name: made });
    }
  }
  return planted;
}
