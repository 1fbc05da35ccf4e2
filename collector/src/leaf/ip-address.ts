/** IP addresses in one spelling: dotted quad, and RFC 5952 for IPv6. */

/** Bytes of an address: 4 for IPv4 (also for `::ffff:` mapped ones), 16 for IPv6. Undefined: not an address. */
function addressBytes(text: string): Uint8Array | undefined {
  const length = text.length;
  if (length < 2 || length > 45) return undefined;
  if (!text.includes(':')) {
    const bytes = new Uint8Array(4);
    return readQuad(text, 0, bytes, 0) ? bytes : undefined;
  }
  const bytes = readIpv6(text);
  if (bytes === undefined) return undefined;
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return bytes;
  return bytes[10] === 0xff && bytes[11] === 0xff ? bytes.subarray(12) : bytes;
}

/** Reads `a.b.c.d` from `from` to the end. Leading zeros are refused: half of the world reads them as octal. */
function readQuad(text: string, from: number, into: Uint8Array, at: number): boolean {
  let octet = -1;
  let index = 0;
  let digitCount = 0;
  for (let i = from; i <= text.length; i++) {
    const code = i === text.length ? 0x2e : text.charCodeAt(i);
    if (code === 0x2e) {
      if (octet < 0 || index > 3) return false;
      into[at + index] = octet;
      index += 1;
      octet = -1;
      digitCount = 0;
      continue;
    }
    if (code < 0x30 || code > 0x39 || (digitCount > 0 && octet === 0)) return false;
    octet = (octet < 0 ? 0 : octet * 10) + code - 0x30;
    digitCount += 1;
    if (octet > 255) return false;
  }
  return index === 4;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function readIpv6(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  let filled = 0;
  let gapAt = -1;
  let i = 0;
  if (text.startsWith('::')) {
    gapAt = 0;
    i = 2;
  }
  while (i < text.length) {
    if (filled === 16) return undefined;
    const end = text.indexOf(':', i);
    const groupEnd = end < 0 ? text.length : end;
    if (end < 0 && text.indexOf('.', i) >= 0) {
      if (filled > 12 || !readQuad(text, i, bytes, filled)) return undefined;
      filled += 4;
      break;
    }
    if (groupEnd === i || groupEnd - i > 4) return undefined;
    let group = 0;
    for (let k = i; k < groupEnd; k++) {
      const digit = hexDigit(text.charCodeAt(k));
      if (digit < 0) return undefined;
      group = group * 16 + digit;
    }
    bytes[filled] = group >> 8;
    bytes[filled + 1] = group & 0xff;
    filled += 2;
    if (end < 0) break;
    i = end + 1;
    if (i === text.length) return undefined;
    if (text.charCodeAt(i) === 0x3a) {
      if (gapAt >= 0) return undefined;
      gapAt = filled;
      i += 1;
    }
  }
  if (gapAt < 0) return filled === 16 ? bytes : undefined;
  if (filled > 14) return undefined;
  const tail = filled - gapAt;
  bytes.copyWithin(16 - tail, gapAt, filled);
  bytes.fill(0, gapAt, 16 - tail);
  return bytes;
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`, the first of equals. */
function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  let runAt = -1;
  let runLength = 1;
  for (let i = 0; i < 8;) {
    let end = i;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - i > runLength) {
      runAt = i;
      runLength = end - i;
    }
    i = Math.max(end, i + 1);
  }
  if (runAt < 0) return hexGroups(groups, 0, 8);
  return `${hexGroups(groups, 0, runAt)}::${hexGroups(groups, runAt + runLength, 8)}`;
}

function hexGroups(groups: readonly number[], from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += (i === from ? '' : ':') + (groups[i] as number).toString(16);
  return text;
}

/** Takes port, brackets and zone id away: `192.0.2.1:53`, `[2001:db8::1]:443`, `fe80::1%eth0`. */
function bareAddress(text: string): string {
  let bare = text;
  if (bare.startsWith('[')) {
    const close = bare.indexOf(']');
    if (close < 0) return '';
    const after = bare.slice(close + 1);
    if (after !== '' && !(after.startsWith(':') && isPort(after, 1))) return '';
    bare = bare.slice(1, close);
  } else {
    const colon = bare.indexOf(':');
    if (colon > 0 && bare.indexOf(':', colon + 1) < 0 && isPort(bare, colon + 1)) bare = bare.slice(0, colon);
  }
  const percent = bare.indexOf('%');
  return percent < 0 ? bare : bare.slice(0, percent);
}

function isPort(text: string, from: number): boolean {
  if (from >= text.length || text.length - from > 5) return false;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** Where a quad is read whose octets nobody wants. */
const anyQuad = new Uint8Array(4);

/**
 * Address in canonical spelling: dotted quad (also for IPv4-mapped IPv6), RFC 5952 otherwise. A port, brackets and a zone
 * id are taken away. Undefined: not an address, such as `AWS Internal`, `<null>` or an empty text.
 */
export function canonicalIp(text: string): string | undefined {
  // A quad without leading zeros has one spelling, this one.
  if (readQuad(text, 0, anyQuad, 0)) return text;
  if (text.length > 70) return undefined;
  const bare = bareAddress(text.trim());
  if (!bare.includes(':')) return readQuad(bare, 0, anyQuad, 0) ? bare : undefined;
  const bytes = addressBytes(bare);
  if (bytes === undefined) return undefined;
  return bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes);
}

/** True when the address lies in the prefix, e.g. `192.0.2.0/24`; a prefix without length is one address. False for bad input or different families. */
export function ipInCidr(ip: string, cidr: string): boolean {
  const slash = cidr.indexOf('/');
  const address = addressBytes(ip);
  const network = addressBytes(slash < 0 ? cidr : cidr.slice(0, slash));
  if (address === undefined || network === undefined || address.length !== network.length) return false;
  const lengthText = slash < 0 ? String(network.length * 8) : cidr.slice(slash + 1);
  if (lengthText === '' || lengthText.length > 3 || !/^\d+$/.test(lengthText)) return false;
  const isMapped = network.length === 4 && cidr.includes(':');
  const bits = Number(lengthText) - (isMapped && slash >= 0 ? 96 : 0);
  if (bits < 0 || bits > network.length * 8) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== network[i]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const mask = 0xff00 >> rest;
  return ((address[whole] ?? 0) & mask & 0xff) === ((network[whole] ?? 0) & mask & 0xff);
}
