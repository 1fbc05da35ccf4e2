/** Cuts known secrets out of what others say: an endpoint that refuses a request may quote it, whole or in part. */

const shown = '***';
/** Letters of a secret that may stand together. */
const pieceLength = 8;

const utf8 = new TextEncoder();
const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 of the octets from `skipped` bits into a group on: only digits that depend on nothing else. */
function base64Digits(octets: Uint8Array, before: number): string {
  let digits = '';
  let held = 0;
  let bits = 0;
  for (const octet of [...Array<number>(before).fill(0), ...octets]) {
    held = (held << 8) | octet;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      digits += base64Alphabet[(held >> bits) & 63];
      held &= (1 << bits) - 1;
    }
  }
  // The first digits hold bits of whatever stood before.
  return digits.slice(before === 0 ? 0 : before + 1);
}

function formsOf(secret: string): string[] {
  const octets = utf8.encode(secret);
  const hex = [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('');
  const percent = encodeURIComponent(secret.toWellFormed());
  const base64 = [0, 1, 2].map((before) => base64Digits(octets, before));
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    percent,
    percent.replaceAll('%20', '+'),
    percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((digits) => digits.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** What is secret about a text: of a key in PEM form its lines, since the lines around them stand in every key. */
function secretParts(secret: string): string[] {
  const isPem = secret.includes('-----BEGIN ');
  return isPem
    ? secret.split(/\r?\n|\\n/).filter((line) => line !== '' && !line.startsWith('-----'))
    : [secret];
}

/** A function that replaces the given secrets by `***`: plain, in JSON, Base64, hex or percent-encoded, also pieces of eight characters and more. */
export function secretHider(secrets: Iterable<string>): (text: string) => string {
  const pieces = new Set<string>();
  const whole: string[] = [];
  for (const form of new Set([...secrets].flatMap(secretParts).flatMap(formsOf))) {
    // Below four characters it is no secret, and would tear ordinary words.
    if (form.length < pieceLength && form.length >= 4) whole.push(form);
    for (let at = 0; at + pieceLength <= form.length; at++) pieces.add(form.slice(at, at + pieceLength));
  }
  return (text) => {
    let out = '';
    let hiddenTo = 0;
    let kept = 0;
    for (let at = 0; at + pieceLength <= text.length; at++) {
      if (!pieces.has(text.slice(at, at + pieceLength))) continue;
      if (at > hiddenTo || hiddenTo === 0) out += text.slice(kept, at) + shown;
      hiddenTo = kept = at + pieceLength;
    }
    out += text.slice(kept);
    for (const form of whole) out = out.replaceAll(form, shown);
    return out;
  };
}
