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

/** Labels that fold to themselves: most of all names. */
const plainAscii = /^(?!.*(?:rn|vv))[a-z2-46-9-]*$/;

const accents = /[\u0300-\u036f]/g;

/** The fold of a label in Unicode form, lower case. `rn` reads as `m`, `vv` as `w`. */
export function confusableFold(label: string): string {
  if (plainAscii.test(label)) return label;
  let text = '';
  for (const letter of label.normalize('NFC')) {
    const own = folds.get(letter);
    if (own !== undefined) {
      text += own;
      continue;
    }
    for (const bare of letter.normalize('NFD').replace(accents, '')) {
      const prototype = confusables.get(bare) ?? bare;
      for (const each of prototype) text += folds.get(each) ?? each;
    }
  }
  return text.replaceAll('rn', 'm').replaceAll('vv', 'w');
}
