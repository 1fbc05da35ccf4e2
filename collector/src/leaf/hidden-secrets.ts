/** Cuts known secrets out of what others say: an endpoint that refuses a request may quote it, whole or in part. */

const shown = '***';
/** Letters of a secret that may stand together. */
const pieceLength = 8;

/** Base64 digits that octets have behind so many others in a group of three, without those that depend on their neighbours. */
function base64Digits(octets: Uint8Array, before: number): string {
  const all = Buffer.concat([Buffer.alloc(before), octets]);
  const whole = Math.floor((all.length * 8) / 6);
  // The first digits hold bits of whatever stood before.
  return all.toString('base64').slice(before === 0 ? 0 : before + 1, whole);
}

function formsOf(secret: string): string[] {
  const octets = Buffer.from(secret, 'utf8');
  const hex = octets.toString('hex');
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
