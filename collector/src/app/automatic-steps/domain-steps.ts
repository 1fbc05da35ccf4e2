/** Steps that look at names: snapshot, name servers, spread, recovery, mail, expiry, DNSSEC. */
import { controlStatePrefix, changeFacts, ledgerControl, viewSource } from '../../contract/ledger.ts';
import type { InventoryDomain } from '../../contract/inventory.ts';
import type { StateView } from '../../contract/step.ts';
import { approvedValue, isApprovedState } from '../../leaf/approved-state.ts';
import { parseInstant } from '../../leaf/time.ts';
import {
  counted,
  inForceWords,
  listed,
  minute,
  ownDomains,
  stateOf,
  valueWords,
  viewWords,
  type StepCheck,
  type StepSubject,
} from './step-subject.ts';

/** How long a step waits for a probe to look after the case was opened. */
const patienceMs = 3 * 60_000;
const snapshotControls = [
  'registrar',
  'statuses',
  'lock',
  'registry_lock',
  'nameservers',
  'ds',
  'expiry',
] as const;
const nothingOwn = 'no name of this case is in the inventory, so there is nothing approved to compare with';

/** True while a probe of these names is still to look after the case was opened, and may be waited for. */
function stillLooking(
  { collector, about, nowMs }: StepSubject,
  entries: readonly InventoryDomain[],
): boolean {
  const openedMs = parseInstant(about.opened_at)?.ms ?? 0;
  if (nowMs - openedMs > patienceMs) return false;
  const checks = entries.flatMap(({ domain }) => [...collector.checksOf(domain)]);
  return checks.some(({ last_checked: last }) => (parseInstant(last ?? '')?.ms ?? 0) < openedMs);
}

function freshness({ collector, about }: StepSubject, domain: string): string {
  const checks = collector.checksOf(domain);
  if (checks.length === 0) return 'no probe looks at this name from outside';
  const opened = about.opened_at;
  const late = checks.filter(({ last_checked: last }) => (last ?? '') < opened).map(({ source }) => source);
  return late.length === 0
    ? `looked at again by ${checks.map(({ source }) => source).join(', ')} since the case began`
    : `not looked at again yet by ${late.join(', ')}`;
}

/** RDAP, delegation and zone as known now, with how many changes the ledger holds. */
export const snapshot: StepCheck = (subject) => {
  const entries = ownDomains(subject);
  if (entries.length === 0) return nothingOwn;
  if (stillLooking(subject, entries)) return undefined;
  const parts = entries.map(({ domain }) => {
    const state = stateOf(subject, domain);
    const known = snapshotControls.flatMap((control) => {
      const words = inForceWords(state, control);
      return words === undefined ? [] : [`${control.replaceAll('_', ' ')} ${words}`];
    });
    const records = state?.names(`${controlStatePrefix}record:`).length ?? 0;
    const journal = subject.collector.host.book.journals.get(`${subject.about.tenant}|${domain}`);
    const changes = Math.max(
      journal?.changes.length ?? 0,
      state === undefined ? 0 : changeFacts(state).length,
    );
    return `${domain}: ${listed(known, 'no control was ever seen')}; ${counted(records, 'record set')} known, ${counted(changes, 'change')} remembered; ${freshness(subject, domain)}`;
  });
  return parts.join('. ');
};

function nameserverVerdict(subject: StepSubject, entry: InventoryDomain): string {
  const state = stateOf(subject, entry.domain);
  const known = state === undefined ? undefined : ledgerControl(state, 'nameservers');
  const view = known?.seen ?? known?.said;
  const approved = entry.approved?.nameservers;
  if (view === undefined) return `${entry.domain}: nobody has told its name servers`;
  const witness = viewSource(view).replaceAll('_', ' ');
  if (approved === undefined)
    return `${entry.domain}: ${valueWords(view[0])} (${witness}); the inventory approves none`;
  return isApprovedState('nameservers', view[0], entry, known?.seen !== undefined)
    ? `${entry.domain}: as approved (${witness})`
    : `${entry.domain}: ${valueWords(view[0])} (${witness}) is NOT the approved ${valueWords(approved)}`;
}

/** Name servers against the approved set. */
export const nameservers: StepCheck = (subject) => {
  const entries = ownDomains(subject);
  if (entries.length === 0) return nothingOwn;
  return entries.map((entry) => nameserverVerdict(subject, entry)).join('. ');
};

/** Controls of a domain that differ from what is approved, as words. */
function differences(
  state: StateView | undefined,
  entry: InventoryDomain,
): { known: number; wrong: string[] } {
  const wrong: string[] = [];
  let known = 0;
  for (const name of state?.names(controlStatePrefix) ?? []) {
    const control = name.slice(controlStatePrefix.length);
    const held = state === undefined ? undefined : ledgerControl(state, control);
    const view = held?.seen ?? held?.said;
    const approved = approvedValue(control, entry);
    if (view === undefined || approved === undefined) continue;
    known++;
    if (!isApprovedState(control, view[0], entry, held?.seen !== undefined))
      wrong.push(`${control} is ${viewWords(view)}, approved is ${valueWords(approved)}`);
  }
  return { known, wrong };
}

/** Every approved control against what is in force. */
export const recovery: StepCheck = (subject) => {
  const entries = ownDomains(subject);
  if (entries.length === 0) return nothingOwn;
  return entries
    .map((entry) => {
      const { known, wrong } = differences(stateOf(subject, entry.domain), entry);
      if (known === 0)
        return `${entry.domain}: nothing approved has been seen yet, so recovery cannot be shown`;
      return wrong.length === 0
        ? `${entry.domain}: all ${known} approved controls that were seen are as approved`
        : `${entry.domain}: not recovered: ${listed(wrong, '', 4)}`;
    })
    .join('. ');
};

/** Which witnesses hold which value of what changed, and how long caches may keep it. */
export const spread: StepCheck = (subject) => {
  const { about, nowMs } = subject;
  const parts: string[] = [];
  for (const entry of ownDomains(subject)) {
    const state = stateOf(subject, entry.domain);
    if (state === undefined) continue;
    for (const fact of changeFacts(state).slice(-20)) {
      if (fact.endMs !== undefined || fact.approval === 'approved') continue;
      const witnesses = fact.kinds.map(([kind]) => kind.replaceAll('_', ' '));
      parts.push(
        `${entry.domain} ${fact.control} = ${valueWords(fact.value)} since ${minute(fact.atMs)}: told by ${listed(witnesses, 'nobody')}${fact.doubtful === true ? ', from one vantage point only' : ''}`,
      );
    }
  }
  const deadlineMs = about.clock === null ? undefined : parseInstant(about.clock.deadline)?.ms;
  const ttl =
    deadlineMs === undefined || about.clock === null
      ? 'no cached time is known for it'
      : deadlineMs <= nowMs
        ? `the time caches keep it is over (${about.clock.basis})`
        : `caches may keep it until ${minute(deadlineMs)} (${about.clock.basis})`;
  return `${listed(parts, 'no unapproved value is in force any more', 6)}. ${capital(ttl)}`;
};

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** SPF, DKIM, DMARC and MX as seen and as approved. */
export const mailState: StepCheck = (subject) => {
  const entries = ownDomains(subject);
  if (entries.length === 0) return nothingOwn;
  return entries
    .map((entry) => {
      const { domain } = entry;
      const state = stateOf(subject, domain);
      const selectors = entry.approved?.mail?.dkim_selectors ?? [];
      const wanted: [string, string][] = [
        ['MX', `record:${domain}/MX`],
        ['SPF and other TXT', `record:${domain}/TXT`],
        ['DMARC', `record:_dmarc.${domain}/TXT`],
        ...selectors.map((one): [string, string] => [
          `DKIM ${one}`,
          `record:${one.includes('.') ? one : `${one}._domainkey.${domain}`}/TXT`,
        ]),
      ];
      const said = wanted.map(([name, control]) => {
        const words = inForceWords(state, control) ?? 'not seen';
        const approved = approvedValue(control, entry);
        return `${name}: ${words}${approved === undefined ? '' : `, approved ${valueWords(approved)}`}`;
      });
      const policy = entry.approved?.mail?.dmarc;
      return `${domain}: ${said.join('; ')}${policy === undefined ? '' : `; approved DMARC policy ${policy}`}`;
    })
    .join('. ');
};

/** RDAP status and expiry. */
export const realExpiry: StepCheck = (subject) => {
  const entries = ownDomains(subject);
  if (entries.length === 0) return nothingOwn;
  if (stillLooking(subject, entries)) return undefined;
  return entries
    .map(({ domain, expires }) => {
      const state = stateOf(subject, domain);
      const expiry = inForceWords(state, 'expiry') ?? 'not told by any source';
      const statuses = inForceWords(state, 'statuses') ?? 'not told by any source';
      return `${domain}: expiry ${expiry}${expires === undefined ? '' : ` (inventory says ${expires})`}; statuses ${statuses}`;
    })
    .join('. ');
};

/** DS at the parent against the approved ones, and validation failures. */
export const dnssecChain: StepCheck = (subject) => {
  const entries = ownDomains(subject);
  if (entries.length === 0) return nothingOwn;
  return entries
    .map((entry) => {
      const state = stateOf(subject, entry.domain);
      const ds = inForceWords(state, 'ds') ?? 'not seen';
      const approved = approvedValue('ds', entry);
      const failures = subject.findings
        .flatMap(({ evidence }) => evidence)
        .filter(
          ({ event_type: type, domain }) => type === 'dnsquery.validation.failed' && domain === entry.domain,
        );
      return `${entry.domain}: DS at the parent ${ds}; approved ${approved === undefined ? 'unknown' : valueWords(approved)}; ${counted(new Set(failures.map(({ event_id: id }) => id)).size, 'validation failure')} in this case`;
    })
    .join('. ');
};
