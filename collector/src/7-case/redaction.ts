/**
 * What a role without access to personal data sees: the same case with people as stable pseudonyms. Names, record data
 * and times stay, for they are what the case is about; who, from which address, and contact data do not.
 */
import type { Case } from '../contract/case.ts';
import type { Evidence, Finding } from '../contract/finding.ts';
import { base32OfHex } from '../leaf/base32.ts';

/** Lower-case hex SHA-256 of UTF-8 text. */
export type TextDigest = (text: string) => string;

const withheld = '[withheld]';
const mailAddress = /[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}/g;
/** Not the old value of a change, `from 192.0.2.1, 192.0.2.2 and 3 more to 203.0.113.66`: record data is no person. */
const sourceAddress =
  /\bfrom (?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?=[ ,.;]|$)(?!(?:, [^\s,]{1,64}){0,16}(?: and \d{1,9} more)? to )/g;
const impersonal = new Set(['unknown', 'system']);

/** Same person, same word, in one tenant; nobody can be found in two tenants by it. */
function pseudonym(tenant: string, id: string, digest: TextDigest): string {
  return impersonal.has(id) ? id : `person-${base32OfHex(digest(`person|${tenant}|${id}`), 8)}`;
}

/** What hides people. */
export interface Veil {
  readonly person: (id: string) => string;
  readonly text: (text: string) => string;
}

function veilOf(tenant: string, people: readonly string[], digest: TextDigest): Veil {
  const person = (id: string): string => pseudonym(tenant, id, digest);
  // Longest first: one id may be the beginning of another.
  const known = [...new Set(people)].filter((id) => !impersonal.has(id)).sort((a, b) => b.length - a.length);
  const text = (given: string): string => {
    let out = given;
    for (const id of known) out = out.replaceAll(id, person(id));
    return out.replace(mailAddress, withheld).replace(sourceAddress, `from ${withheld}`);
  };
  return { person, text };
}

/** Veils people in what stands beside a case: ids one by one, and sentences that may name people of the case. */
export function caseVeil(given: Case, digest: TextDigest): Veil {
  return veilOf(given.tenant, peopleOf(given), digest);
}

/** A person's id as somebody without access to personal data sees it; programs and the collector itself stay. */
export function veiledPerson(tenant: string, id: string, digest: TextDigest): string {
  return id.startsWith('person-') || id.startsWith('service:') ? id : pseudonym(tenant, id, digest);
}

function peopleOf(given: Case): string[] {
  return [
    ...given.actors,
    ...given.timeline.flatMap((line) => line.actor_id ?? []),
    ...(given.assignee === null ? [] : [given.assignee]),
  ].filter((id) => !id.startsWith('person-'));
}

/** The case without personal data. Applying it twice changes nothing more. */
export function redactCase(given: Case, digest: TextDigest): Case {
  const people = peopleOf(given);
  const { person, text } = veilOf(given.tenant, people, digest);
  const again = (id: string): string => (id.startsWith('person-') ? id : person(id));
  return {
    ...given,
    title: text(given.title),
    summary: text(given.summary),
    actors: given.actors.map(again).sort(),
    assignee: given.assignee === null ? null : again(given.assignee),
    actions: given.actions.map(text),
    timeline: given.timeline.map((line) => ({
      ...line,
      text: text(line.text),
      ...(line.actor_id === undefined ? {} : { actor_id: again(line.actor_id) }),
    })),
  };
}

function redactEvidence(given: Evidence, veil: Veil): Evidence {
  const { source_ip: _address, ...rest } = given;
  const evidence: Evidence = { ...rest };
  if (given.actor_id !== undefined) evidence.actor_id = veil.person(given.actor_id);
  if (given.attribute?.startsWith('contact') === true) {
    if (given.old_value !== undefined) evidence.old_value = withheld;
    if (given.new_value !== undefined) evidence.new_value = withheld;
  }
  return evidence;
}

/** The finding without personal data: people as pseudonyms, no source addresses, no contact data. */
export function redactFinding(given: Finding, digest: TextDigest): Finding {
  const people = [
    ...(given.actor_id === undefined ? [] : [given.actor_id]),
    ...given.evidence.flatMap((each) => each.actor_id ?? []),
  ];
  const veil = veilOf(given.tenant, people, digest);
  return {
    ...given,
    title: veil.text(given.title),
    summary: veil.text(given.summary),
    group_key: veil.text(given.group_key),
    ...(given.actor_id === undefined ? {} : { actor_id: veil.person(given.actor_id) }),
    evidence: given.evidence.map((each) => redactEvidence(each, veil)),
  };
}
