/**
 * What a notification says about a case, as labels of one info series. Alert rules join it to `zonewarden_case_open` for
 * their annotations and drop the words again, so that text is never part of an alert's identity. Pure.
 */
import type { Case } from '../contract/case.ts';
import { spaced } from '../leaf/printable.ts';

/** Below the 2048 bytes a label value may have in Mimir, also when every character takes three bytes. */
const charsMax = { title: 200, change: 600, reason: 600, owner: 120, playbook: 120, deadline: 300 } as const;
const shownChangesMax = 2;

/**
 * `text` on one line, without control and direction characters, cut to `max` characters with an ellipsis. Addresses are written
 * so that no chat, ticket or mail makes a link of them (`https[:]//…`): what others put into a record is not for clicking.
 */
export function plainText(text: string, max: number): string {
  const clean = spaced(text)
    .replace(/\s+/g, ' ')
    .replace(/:(?=\/\/)|(?<=\b(?:mailto|javascript|data)):/gi, '[:]')
    .trim();
  const characters = Array.from(clean);
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : clean;
}

const changeKinds = new Set(['claim', 'observation', 'certificate']);

/** The newest changes of a case with old and new value; the events of persons where nothing else happened yet. */
function changeOf(one: Case): string {
  const changes = one.timeline.filter((entry) => changeKinds.has(entry.kind));
  const shown = changes.length > 0 ? changes : one.timeline.filter((entry) => entry.kind === 'identity');
  return [...new Set(shown.slice(-shownChangesMax).map((entry) => entry.text))].join(' ');
}

/** Labels of `zonewarden_case_facts` beside tenant and case id. Unknown is an empty text. */
export function caseFacts(one: Case): Readonly<Record<string, string>> {
  const deadline = one.clock === null ? '' : `${one.clock.deadline}: ${one.clock.what}`;
  return {
    notify: one.notify,
    drill: String(one.drill),
    title: plainText(one.title, charsMax.title),
    change: plainText(changeOf(one), charsMax.change),
    reason: plainText(one.summary, charsMax.reason),
    owner: plainText(one.owner ?? '', charsMax.owner),
    playbook: plainText(one.playbook ?? '', charsMax.playbook),
    deadline: plainText(deadline, charsMax.deadline),
  };
}
