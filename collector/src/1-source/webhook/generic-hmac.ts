/** HMAC over the body with header, encoding and algorithm from the configuration, for the many senders that differ only there. */
import { limits } from '../../contract/limits.ts';
import { badSignature, idOf, secretsOf, stale, type SchemeSettings, type Verify } from './delivery.ts';
import { hmacMatches, signatureBytes } from './digest.ts';

/** With `timestampHeader`, `timestamp.body` is signed and must be within the tolerance; without, the id memory is the replay defence. */
export function genericHmac(settings: SchemeSettings): Verify {
  const keys = secretsOf(settings);
  const header = (settings.header ?? 'x-signature').toLowerCase();
  const prefix = settings.prefix ?? '';
  const timeHeader = settings.timestampHeader?.toLowerCase();
  return ({ headers, body, receivedAtMs }) => {
    const text = headers[header];
    if (text === undefined) return badSignature(`header ${header} is missing`);
    const given = text.startsWith(prefix)
      ? signatureBytes(text.slice(prefix.length), settings.encoding ?? 'hex')
      : undefined;
    if (given === undefined)
      return badSignature(`header ${header} is not ${prefix}<${settings.encoding ?? 'hex'}>`);
    const timestamp = timeHeader === undefined ? undefined : (headers[timeHeader] ?? '');
    if (timestamp !== undefined && !/^\d{1,12}$/.test(timestamp))
      return badSignature(`header ${timeHeader} is missing or not epoch seconds`);
    const parts = timestamp === undefined ? [body] : [timestamp, '.', body];
    if (!hmacMatches(settings.algorithm ?? 'sha256', keys, parts, given))
      return badSignature(`header ${header} does not match the body`);
    if (
      timestamp !== undefined &&
      Math.abs(receivedAtMs - Number(timestamp) * 1000) > limits.webhookToleranceMs
    )
      return stale(`signed at ${timestamp}, more than ${limits.webhookToleranceMs / 1000} s from now`);
    const deliveryId =
      settings.idHeader === undefined ? undefined : idOf(headers[settings.idHeader.toLowerCase()]);
    return { kind: 'verified', deliveryId };
  };
}
