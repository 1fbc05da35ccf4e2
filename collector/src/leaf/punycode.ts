/** Punycode decoding (RFC 3492), needed to show A-labels to people. */
const base = 36;
const tMin = 1;
const tMax = 26;
const skew = 38;
const damp = 700;
const firstBias = 72;
const firstCodePoint = 128;

function adaptBias(delta: number, pointCount: number, first: boolean): number {
  let rest = first ? Math.floor(delta / damp) : delta >> 1;
  rest += Math.floor(rest / pointCount);
  let k = 0;
  while (rest > ((base - tMin) * tMax) >> 1) {
    rest = Math.floor(rest / (base - tMin));
    k += base;
  }
  return k + Math.floor(((base - tMin + 1) * rest) / (rest + skew));
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 26;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a ? lower - 0x61 : base;
}

/** Text of a Punycode label without its `xn--`. Undefined: not Punycode, or a code point outside Unicode. */
export function decodePunycode(encoded: string): string | undefined {
  const lastHyphen = encoded.lastIndexOf('-');
  const points: number[] = [];
  for (let i = 0; i < lastHyphen; i++) points.push(encoded.charCodeAt(i));
  let codePoint = firstCodePoint;
  let bias = firstBias;
  let insertAt = 0;
  for (let i = lastHyphen + 1; i < encoded.length;) {
    const before = insertAt;
    let weight = 1;
    for (let k = base; ; k += base) {
      const digit = digitOf(encoded.charCodeAt(i));
      if (i >= encoded.length || digit === base) return undefined;
      i += 1;
      insertAt += digit * weight;
      const threshold = k <= bias ? tMin : Math.min(k - bias, tMax);
      if (digit < threshold) break;
      weight *= base - threshold;
      if (weight > 0x7fffffff || insertAt > 0x7fffffff) return undefined;
    }
    const count = points.length + 1;
    bias = adaptBias(insertAt - before, count, before === 0);
    codePoint += Math.floor(insertAt / count);
    if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return undefined;
    insertAt %= count;
    points.splice(insertAt, 0, codePoint);
    insertAt += 1;
  }
  return String.fromCodePoint(...points);
}
