/** Steps about people and accounts: who came in, with what, and how far they reach. */
import type { PrincipalState } from '../../contract/ledger.ts';
import { principalStateName } from '../../contract/ledger.ts';
import { touchedIn } from '../../4-ledger/touched-domains.ts';
import { entityKey } from '../../engine/annotate-operator.ts';
import { memoryOf } from '../../7-case/readers.ts';
import type { RememberedEvent } from '../../7-case/recent-events.ts';
import { caseState } from '../api-parts.ts';
import type { Collector } from '../collector.ts';
import { counted, listed, minute, type StepCheck, type StepSubject } from './step-subject.ts';

const groups: readonly (readonly [name: string, types: RegExp])[] = [
  ['login', /\.login_|session\./],
  ['token', /token|api_key/],
  ['recovery change', /recovery|password_reset|support\./],
  ['second-factor event', /mfa|factor/],
  ['delegate change', /delegate|user_added|role_/],
];

function principalsNamed({ collector, about }: StepSubject): string[] {
  const inventory = collector.tables.inventory.latest();
  return [...new Set(about.actors.map((actor) => inventory.principal(about.tenant, actor)?.id ?? actor))];
}

function accountsNamed({ collector, about }: StepSubject): string[] {
  const inventory = collector.tables.inventory.latest();
  const own = about.domains.flatMap(
    (domain) => inventory.domain(about.tenant, domain)?.registrar_account ?? [],
  );
  return [...new Set([...about.registrar_accounts, ...own])].sort();
}

/** Logins, tokens, recovery and second-factor events of accounts and actors of the case. */
export const listAccess: StepCheck = (subject) => {
  const { about, collector } = subject;
  const state = caseState({ collector: collector as Collector }, about.tenant);
  const found = new Map<string, RememberedEvent>();
  if (state !== undefined) {
    for (const id of accountsNamed(subject))
      for (const each of memoryOf(state, 'account', id)) found.set(each.ref, each);
    for (const id of principalsNamed(subject))
      for (const each of memoryOf(state, 'actor', id)) found.set(each.ref, each);
  }
  const events = [...found.values()].sort((a, b) => a.ms - b.ms);
  const parts = groups.flatMap(([name, types]) => {
    const these = events.filter(({ what }) => types.test(what));
    const last = these.at(-1);
    if (last === undefined) return [];
    const failed = these.filter(({ outcome }) => outcome === 'failure').length;
    const who = last.actor === undefined ? '' : ` by ${last.actor}`;
    const note = last.note === undefined ? '' : `, ${last.note}`;
    return [
      `${counted(these.length, name)}${failed > 0 ? ` (${failed} failed)` : ''}, last ${minute(last.ms)}${who}${note}`,
    ];
  });
  const where = listed([...accountsNamed(subject), ...principalsNamed(subject)], 'no account or person', 4);
  return `${where}: ${listed(parts, 'no login, token, recovery or second-factor event of the last 72 hours is known')}`;
};

/** Domains that people and accounts of the case can change. */
export const listReach: StepCheck = (subject) => {
  const { about, collector } = subject;
  const inventory = collector.tables.inventory.latest();
  const accounts = accountsNamed(subject);
  const reach = new Set<string>();
  for (const account of accounts)
    for (const { domain } of inventory.domainsOfAccount(about.tenant, account)) reach.add(domain);
  const touched = new Set<string>();
  for (const id of principalsNamed(subject)) {
    const state = collector.host.engine.view('principal', about.tenant, entityKey(about.tenant, id));
    const known = state?.get<PrincipalState>(principalStateName)?.touched;
    for (const domain of known === undefined ? [] : touchedIn(known).domains) touched.add(domain);
  }
  const names = [...reach].sort();
  const held =
    accounts.length === 0
      ? 'No registrar account is known in this case'
      : `${listed(accounts, '', 3)} holds ${counted(names.length, 'domain')}${names.length === 0 ? '' : `: ${listed(names, '', 10)}`}`;
  return `${held}. In 72 hours the people of this case touched ${listed([...touched].sort(), 'no domain', 10)}`;
};
