/** Steps that ask whether a change was meant: tickets and intents, the approved set, what changed together. */
import type { Evidence } from '../../contract/finding.ts';
import type { Intent } from '../../contract/inventory.ts';
import { approvedValue } from '../../leaf/approved-state.ts';
import { recordControl, sameValue } from '../../leaf/control-value.ts';
import { parseInstant } from '../../leaf/time.ts';
import { changeFacts } from '../../contract/ledger.ts';
import {
  counted,
  listed,
  openEvidence,
  ownDomains,
  stateOf,
  valueWords,
  type StepCheck,
  type StepSubject,
} from './step-subject.ts';

const togetherMs = 24 * 3_600_000;

function objectOf(evidence: Evidence): string {
  const record =
    evidence.record_name === undefined ? '' : `${evidence.record_name} ${evidence.record_type ?? ''}`;
  return (
    record.trim() ||
    `${evidence.attribute ?? evidence.event_type} of ${evidence.domain ?? evidence.registrar_account ?? 'nobody'}`
  );
}

function controlOf(evidence: Evidence): string | undefined {
  if (evidence.record_name !== undefined && evidence.record_type !== undefined)
    return recordControl(evidence.record_name, evidence.record_type);
  if (evidence.event_type.includes('lock_')) return 'lock';
  return evidence.attribute;
}

function intentsOf({ collector, about }: StepSubject): Intent[] {
  const domains = new Set(about.domains);
  const accounts = new Set(about.registrar_accounts);
  return [...collector.host.book.intents.values()].filter(
    ({ tenant, changes }) =>
      tenant === about.tenant &&
      changes.some(
        ({ domain, account }) =>
          (domain !== undefined && domains.has(domain)) || (account !== undefined && accounts.has(account)),
      ),
  );
}

function isValidAt({ valid_from: from, valid_until: until }: Intent, atMs: number): boolean {
  return (parseInstant(from)?.ms ?? Infinity) <= atMs && atMs <= (parseInstant(until)?.ms ?? -Infinity);
}

/** Every intent about these names against every unapproved change. */
export const tickets: StepCheck = (subject) => {
  const intents = intentsOf(subject);
  const evidence = openEvidence(subject);
  const changes = counted(evidence.length, 'unapproved change');
  if (intents.length === 0)
    return `no ticket, plan or other intent about ${listed(subject.about.domains, 'these accounts', 3)} is known; ${changes} stand alone`;
  const parts = evidence.slice(0, 6).map((each) => {
    const atMs = parseInstant(each.timestamp)?.ms ?? 0;
    const sameObject = intents.filter(({ changes: named }) =>
      named.some(
        ({ domain, name, type }) =>
          domain === each.domain &&
          (each.record_name === undefined || (name === each.record_name && type === each.record_type)),
      ),
    );
    if (sameObject.length === 0) return `${objectOf(each)}: no intent names it`;
    const valid = sameObject.filter((intent) => isValidAt(intent, atMs)).map(({ id }) => id);
    return valid.length > 0
      ? `${objectOf(each)}: ${listed(valid, '', 3)} names it with another value or act`
      : `${objectOf(each)}: ${listed(
          sameObject.map(({ id }) => id),
          '',
          3,
        )} names it, but not for that time`;
  });
  return `${counted(intents.length, 'intent')} known. ${listed(parts, 'no unapproved change is open')}`;
};

/** New values against the approved set of the inventory. */
export const compareValues: StepCheck = (subject) => {
  const inventory = subject.collector.tables.inventory.latest();
  const parts: string[] = [];
  for (const each of openEvidence(subject)) {
    const control = controlOf(each);
    if (control === undefined || each.new_value === undefined) continue;
    const entry = each.domain === undefined ? undefined : inventory.domain(subject.about.tenant, each.domain);
    const approved = approvedValue(control, entry);
    const value =
      control === 'lock' ? (each.event_type.includes('disabled') ? 'disabled' : 'enabled') : each.new_value;
    if (approved === undefined)
      parts.push(`${objectOf(each)}: ${valueWords(value)}; the inventory approves no value`);
    else if (sameValue(control, approved, value))
      parts.push(`${objectOf(each)}: ${valueWords(value)} is the approved value`);
    else parts.push(`${objectOf(each)}: ${valueWords(value)} is NOT the approved ${valueWords(approved)}`);
  }
  const intents = intentsOf(subject).filter(({ source }) => source !== undefined && source !== 'manual');
  return `${listed([...new Set(parts)], 'no unapproved value is open', 6)}. ${counted(intents.length, 'plan or ticket')} of deployments about these names`;
};

/** What else of these names changed within a day of the case. */
export const sweep: StepCheck = (subject) => {
  const openedMs = parseInstant(subject.about.opened_at)?.ms ?? subject.nowMs;
  const parts: string[] = [];
  for (const { domain } of ownDomains(subject)) {
    const state = stateOf(subject, domain);
    const facts = (state === undefined ? [] : changeFacts(state)).filter(
      ({ atMs }) => Math.abs(atMs - openedMs) <= togetherMs,
    );
    for (const { control, value, approval } of facts)
      parts.push(
        `${domain} ${control} = ${valueWords(value)}${approval === 'approved' ? ' (approved)' : ' (not approved)'}`,
      );
  }
  return `within a day of the case ${listed([...new Set(parts)], 'nothing else of these names changed', 10)}`;
};
