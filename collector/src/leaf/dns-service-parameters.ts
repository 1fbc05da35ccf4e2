/** SvcParams of SVCB and HTTPS records in presentation form (RFC 9460 sections 2.1 and 7). */
import { addressText } from './address-octets.ts';
import { serviceKeys } from './service-keys.ts';
import { base64Text, spoil, takeBytes, takeU16, takeU8, wireCursor, type WireCursor } from './wire-cursor.ts';

function keyName(code: number): string {
  return serviceKeys[code] ?? `key${code}`;
}

function escaped(bytes: Uint8Array, alsoEscape: string): string {
  let text = '';
  for (const octet of bytes) {
    const char = String.fromCharCode(octet);
    if (octet <= 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`;
    else text += '"\\();'.includes(char) || alsoEscape.includes(char) ? `\\${char}` : char;
  }
  return text;
}

function hints(value: Uint8Array, size: number, cursor: WireCursor): string {
  const out: string[] = [];
  if (value.length === 0 || value.length % size !== 0) spoil(cursor, 'address hint has a wrong length');
  for (let i = 0; i + size <= value.length; i += size)
    out.push(addressText(value.subarray(i, i + size)) ?? '');
  return out.join(',');
}

function parameterText(code: number, value: Uint8Array, cursor: WireCursor): string {
  const name = keyName(code);
  const inner = wireCursor(value);
  const parts: string[] = [];
  switch (code) {
    case 0:
      while (inner.at < inner.end) parts.push(keyName(takeU16(inner)));
      break;
    case 1:
      // A comma inside a protocol id is escaped twice: once for the list, once for the string (RFC 9460 appendix A.1).
      while (inner.at < inner.end)
        parts.push(escaped(takeBytes(inner, takeU8(inner)), '').replaceAll(',', '\\\\,'));
      break;
    case 2:
      if (value.length > 0) spoil(cursor, 'no-default-alpn has a value');
      return name;
    case 3:
      parts.push(String(takeU16(inner)));
      break;
    case 4:
      return `${name}=${hints(value, 4, cursor)}`;
    case 5:
      return `${name}=${base64Text(value)}`;
    case 6:
      return `${name}=${hints(value, 16, cursor)}`;
    default:
      return value.length === 0 ? name : `${name}=${escaped(value, '')}`;
  }
  if (inner.problem !== undefined || inner.at !== inner.end) spoil(cursor, `${name} parameter is damaged`);
  return `${name}=${parts.join(',')}`;
}

/** All parameters up to the end of the RDATA; keys must rise strictly (RFC 9460 section 2.2). */
export function serviceParameters(cursor: WireCursor): string[] {
  const out: string[] = [];
  let last = -1;
  while (cursor.at < cursor.end) {
    const code = takeU16(cursor);
    const value = takeBytes(cursor, takeU16(cursor));
    if (cursor.problem !== undefined) break;
    if (code <= last) spoil(cursor, 'service parameters are not in rising order');
    last = code;
    out.push(parameterText(code, value, cursor));
  }
  return out;
}
