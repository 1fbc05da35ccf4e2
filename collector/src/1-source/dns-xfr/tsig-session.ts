/** Signing one request and checking every message of its answer with TSIG (RFC 8945). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import type { DnsMessage } from '../../leaf/dns-message.ts';
import { signatureVariables, withoutSignature, withSignature } from '../../leaf/dns-tsig.ts';

/** A shared key. `name` canonical; `secret` the octets, not base64. */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: 'hmac-sha1' | 'hmac-sha224' | 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
  readonly secret: Uint8Array;
}

/** Messages between two signed ones that RFC 8945 section 5.3.1 allows. */
const unsignedMax = 99;
const fudgeS = 300;

/** One request and its answer. `check` is called for every message in order; `finish` after the last one. */
export interface TsigSession {
  readonly request: Uint8Array;
  check(bytes: Uint8Array, message: DnsMessage): Outcome<undefined>;
  finish(): Outcome<undefined>;
}

function lengthAndMac(mac: Uint8Array): Uint8Array {
  return Uint8Array.from([mac.length >> 8, mac.length & 0xff, ...mac]);
}

function refused(message: string): Outcome<never> {
  return failed('bad_signature', `TSIG: ${message}`);
}

function fieldsOf(key: TsigKey, nowMs: number) {
  return {
    keyName: key.name,
    algorithm: key.algorithm,
    timeSigned: Math.floor(nowMs / 1000),
    fudge: fudgeS,
    error: 0,
    otherData: new Uint8Array(0),
  };
}

function hmacOf(key: TsigKey): ReturnType<typeof createHmac> {
  return createHmac(key.algorithm.slice('hmac-'.length), key.secret);
}

/** Checks the signature of a request that came to us; gives its MAC, which the answer's signature covers (RFC 8945 section 5.3). */
export function checkRequest(
  bytes: Uint8Array,
  message: DnsMessage,
  key: TsigKey,
  nowMs: number,
): Outcome<Uint8Array> {
  const { tsig } = message;
  if (tsig === undefined) return refused('the request is not signed');
  if (tsig.keyName !== key.name || tsig.algorithm !== key.algorithm)
    return refused(`signed with ${tsig.keyName} (${tsig.algorithm}), expected ${key.name}`);
  const expected = hmacOf(key)
    .update(withoutSignature(bytes, tsig))
    .update(signatureVariables(tsig, false))
    .digest();
  if (tsig.mac.length !== expected.length || !timingSafeEqual(tsig.mac, expected))
    return refused('the signature does not match');
  if (Math.abs(tsig.timeSigned - Math.floor(nowMs / 1000)) > tsig.fudge)
    return refused('the signature is outside its time tolerance; check the clocks');
  return succeeded(tsig.mac);
}

/** Signs our answer to a request whose signature was checked. */
export function signAnswer(
  answer: Uint8Array,
  requestMac: Uint8Array,
  key: TsigKey,
  nowMs: number,
): Uint8Array {
  const fields = fieldsOf(key, nowMs);
  const mac = hmacOf(key)
    .update(lengthAndMac(requestMac))
    .update(answer)
    .update(signatureVariables(fields, false))
    .digest();
  return withSignature(answer, fields, mac);
}

/** Signs `request` with `key` at `nowMs` and returns the session for its answer, whose messages are signed when `clock` says they come. */
export function openTsigSession(
  request: Uint8Array,
  key: TsigKey,
  nowMs: number,
  clock: () => number = () => nowMs,
): TsigSession {
  const hash = key.algorithm.slice('hmac-'.length);
  const fields = fieldsOf(key, nowMs);
  const requestMac = createHmac(hash, key.secret)
    .update(request)
    .update(signatureVariables(fields, false))
    .digest();
  let digest = createHmac(hash, key.secret).update(lengthAndMac(requestMac));
  let first = true;
  let unsigned = 0;
  return {
    request: withSignature(request, fields, requestMac),
    check(bytes, message) {
      const tsig = message.tsig;
      if (tsig === undefined) {
        if (first) return refused('the first message of the answer is not signed');
        if (++unsigned > unsignedMax)
          return refused(`more than ${unsignedMax} messages in a row are not signed`);
        digest.update(bytes);
        return succeeded(undefined);
      }
      if (tsig.keyName !== key.name || tsig.algorithm !== key.algorithm)
        return refused(`signed with ${tsig.keyName} (${tsig.algorithm}), expected ${key.name}`);
      if (tsig.error !== 0)
        return refused(`the server reports error ${tsig.error} (16 BADSIG, 17 BADKEY, 18 BADTIME)`);
      digest.update(withoutSignature(bytes, tsig)).update(signatureVariables(tsig, !first));
      const expected = digest.digest();
      if (tsig.mac.length !== expected.length || !timingSafeEqual(tsig.mac, expected))
        return refused('the signature does not match');
      // A large zone takes longer than the tolerance: each message is measured at its own time.
      if (Math.abs(tsig.timeSigned - Math.floor(clock() / 1000)) > tsig.fudge)
        return refused('the signature is outside its time tolerance; check the clocks');
      digest = createHmac(hash, key.secret).update(lengthAndMac(tsig.mac));
      first = false;
      unsigned = 0;
      return succeeded(undefined);
    },
    finish() {
      return first || unsigned > 0
        ? refused('the last message of the answer is not signed')
        : succeeded(undefined);
    },
  };
}
