/** Record data of types that point to services: SVCB, HTTPS, NAPTR and URI. Undefined from each: the data is not of its type. */
import { canonicalName } from './domain-name.ts';
import { canonicalIp } from './ip-address.ts';
import { canonicalText, isSpace, wholeNumber } from './record-text.ts';
import { serviceKeys } from './service-keys.ts';

/** Words between white space; one that is in quotes, or whose end is (`alpn="h2"`), may hold spaces. Undefined: a quote stays open. */
function quotedWords(value: string): string[] | undefined {
  const found: string[] = [];
  let word = '';
  let isInside = false;
  for (let i = 0; i <= value.length; i++) {
    const code = i < value.length ? value.charCodeAt(i) : 0x20;
    if (!isInside && isSpace(code)) {
      if (word !== '') found.push(word);
      word = '';
      continue;
    }
    word += value.charAt(i);
    if (code === 0x5c && i + 1 < value.length) word += value.charAt((i += 1));
    else if (code === 0x22) isInside = !isInside;
  }
  return isInside ? undefined : found;
}

function serviceKeyNumber(parameter: string): number {
  const end = parameter.indexOf('=');
  const key = end < 0 ? parameter : parameter.slice(0, end);
  const known = serviceKeys.indexOf(key);
  return known >= 0 ? known : Number(/^key(\d{1,5})$/.exec(key)?.[1] ?? 65_536);
}

/** SVCB and HTTPS (RFC 9460): priority, target, parameters as they go over the wire: by key, without needless quotes. */
export function canonicalService(value: string): string | undefined {
  const [priority = '', target = '', ...parameters] = quotedWords(value) ?? [];
  const number = wholeNumber(priority);
  const name = canonicalName(target);
  if (number === undefined || name === undefined) return undefined;
  const parts = parameters.map(serviceParameter);
  parts.sort((a, b) => serviceKeyNumber(a) - serviceKeyNumber(b) || (a < b ? -1 : 1));
  return [number, name, ...parts].join(' ');
}

function serviceParameter(text: string): string {
  const end = text.indexOf('=');
  if (end < 0) return text.toLowerCase();
  const key = text.slice(0, end).toLowerCase();
  const quotedValue = text.slice(end + 1);
  const inner =
    quotedValue.startsWith('"') && quotedValue.endsWith('"') ? quotedValue.slice(1, -1) : quotedValue;
  const isPlain = inner !== '' && !/[\s"\\();]/.test(inner);
  if (!isPlain) return inner === '' ? key : `${key}=${quotedValue}`;
  if (key !== 'ipv4hint' && key !== 'ipv6hint') return `${key}=${inner}`;
  return `${key}=${inner
    .split(',')
    .map((each) => canonicalIp(each) ?? each)
    .join(',')}`;
}

/** NAPTR (RFC 3403): order, preference, flags, services and expression in quotes, replacement. */
export function canonicalNaptr(value: string): string | undefined {
  const found = quotedWords(value) ?? [];
  const [order = '', preference = '', flags = '', services = '', expression = '', replacement = ''] = found;
  const numbers = [wholeNumber(order), wholeNumber(preference)];
  const name = canonicalName(replacement);
  if (found.length !== 6 || numbers.includes(undefined) || name === undefined) return undefined;
  return [...numbers, ...[flags, services, expression].map(canonicalText), name].join(' ');
}

/** URI (RFC 7553): priority, weight, target in quotes. */
export function canonicalUri(value: string): string | undefined {
  const found = quotedWords(value) ?? [];
  const [priority = '', weight = '', target = ''] = found;
  const numbers = [wholeNumber(priority), wholeNumber(weight)];
  if (found.length !== 3 || numbers.includes(undefined)) return undefined;
  return [...numbers, canonicalText(target)].join(' ');
}
