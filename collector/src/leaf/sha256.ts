/** SHA-256 (FIPS 180-4) without any platform module, for pure rooms that need a digest and have no context to ask. */

/** First 32 bits of the fractional part of the root of `prime`; all arithmetic is exact enough at these sizes to be checked by the tests. */
function constants(): { round: Int32Array; initial: Int32Array } {
  const round = new Int32Array(64);
  const initial = new Int32Array(8);
  let found = 0;
  for (let candidate = 2; found < 64; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++)
      if (candidate % divisor === 0) prime = false;
    if (!prime) continue;
    if (found < 8) initial[found] = fraction(BigInt(candidate), 2n);
    round[found++] = fraction(BigInt(candidate), 3n);
  }
  return { round, initial };
}

/** floor(2^32 * prime^(1/degree)) modulo 2^32, by integer bisection. */
function fraction(prime: bigint, degree: bigint): number {
  const target = prime << (32n * degree);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** degree <= target) low = middle;
    else high = middle;
  }
  return Number(BigInt.asIntN(32, low));
}

const { round, initial } = constants();
const encoder = new TextEncoder();

/** Lower-case hex SHA-256 of UTF-8 text or of bytes. About 100 MB/s; where a native digest is at hand, use that. */
export function sha256Hex(data: string | Uint8Array): string {
  const bytes = typeof data === 'string' ? encoder.encode(data) : data;
  const hash = Int32Array.from(initial);
  const schedule = new Int32Array(64);
  const whole = bytes.length - (bytes.length % 64);
  for (let at = 0; at < whole; at += 64) compress(hash, schedule, bytes, at);
  const rest = bytes.length - whole;
  const tail = new Uint8Array(rest < 56 ? 64 : 128);
  tail.set(bytes.subarray(whole));
  tail[rest] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, Math.floor(bytes.length / 0x2000_0000));
  view.setUint32(tail.length - 4, (bytes.length * 8) % 0x1_0000_0000);
  for (let at = 0; at < tail.length; at += 64) compress(hash, schedule, tail, at);
  let text = '';
  for (const word of hash) text += (word >>> 0).toString(16).padStart(8, '0');
  return text;
}

function rotated(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function compress(hash: Int32Array, schedule: Int32Array, bytes: Uint8Array, start: number): void {
  const w = schedule;
  for (let i = 0; i < 16; i++) {
    const at = start + i * 4;
    w[i] =
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0);
  }
  for (let i = 16; i < 64; i++) {
    const early = w[i - 15] ?? 0;
    const near = w[i - 2] ?? 0;
    const s0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3);
    const s1 = rotated(near, 17) ^ rotated(near, 19) ^ (near >>> 10);
    w[i] = ((w[i - 16] ?? 0) + s0 + (w[i - 7] ?? 0) + s1) | 0;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
  for (let i = 0; i < 64; i++) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (round[i] ?? 0) + (w[i] ?? 0)) | 0;
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, at) => {
    hash[at] = ((hash[at] ?? 0) + word) | 0;
  });
}
