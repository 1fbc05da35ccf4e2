/**
 * Folds letters that people take for each other onto one form, so that equal folds mean "looks the same": the skeleton of Unicode
 * UTS 39 section 4 in lower case, and beyond it accents, digits in place of letters, `rn` and `vv`.
 */
import { confusables } from './confusables-table.ts';

const groups: Readonly<Record<string, string>> = {
  a: 'аɑαàáâãäåāăąạảấầẩẫậắằẳẵặ',
  b: 'ьƅḅ',
  c: 'сϲçćĉċč',
  d: 'ԁďđḍ',
  e: 'еёҽèéêëēĕėęěẹẻẽếềểễệ',
  f: 'ƒ',
  g: 'ɡցĝğġģ',
  h: 'һհĥħḥ',
  i: 'іıɩιìíîïĩīĭįịỉ',
  j: 'јʝĵ',
  k: 'кκķḳ',
  l: 'ӏⅼĺļľŀłḷ1|',
  m: 'мṃ',
  n: 'пոñńņňṇ',
  o: 'оοօσòóôõöøōŏőơọỏốồổỗộớờởỡợ0',
  p: 'рρ',
  q: 'ԛզ',
  r: 'гŕŗřṛ',
  s: 'ѕśŝşšṣ5',
  t: 'тτţťŧṭ',
  u: 'υսцùúûüũūŭůűųưụủứừửữự',
  v: 'νѵṽ',
  w: 'ѡԝωŵẁẃẅ',
  x: 'хχ',
  y: 'уүγýÿŷỳỵỷỹ',
  z: 'źżžẓ',
};

const folds: ReadonlyMap<string, string> = new Map(
  Object.entries(groups).flatMap(([base, letters]) =>
    Array.from(letters).map((letter) => [letter, base] as const),
  ),
);

const accents = /[\u0300-\u036f]/g;

/** What one letter of a label in NFC folds to. */
function foldOf(letter: string): string {
  const own = folds.get(letter);
  if (own !== undefined) return own;
  let text = '';
  for (const bare of letter.normalize('NFD').replace(accents, '')) {
    const prototype = confusables.get(bare) ?? bare;
    for (const each of prototype) text += folds.get(each) ?? each;
  }
  return text;
}

const asciiCodes = 0x80;
/** Most names are ASCII, which NFC leaves as it is. */
const asciiFolds: readonly string[] = Array.from({ length: asciiCodes }, (_, code) =>
  foldOf(String.fromCharCode(code)),
);

function foldLetters(label: string): string {
  let text = '';
  /** Up to here the label folds to itself. */
  let plain = 0;
  for (let at = 0; at < label.length; at++) {
    const code = label.charCodeAt(at);
    if (code >= asciiCodes) return Array.from(label.normalize('NFC'), foldOf).join('');
    const fold = asciiFolds[code] as string;
    if (fold.length === 1 && fold.charCodeAt(0) === code) continue;
    text += label.slice(plain, at) + fold;
    plain = at + 1;
  }
  return plain === 0 ? label : text + label.slice(plain);
}

/** The fold of a label in Unicode form, lower case. `rn` reads as `m`, `vv` as `w`. */
export function confusableFold(label: string): string {
  const text = foldLetters(label);
  const joined = text.includes('rn') ? text.replaceAll('rn', 'm') : text;
  return joined.includes('vv') ? joined.replaceAll('vv', 'w') : joined;
}
