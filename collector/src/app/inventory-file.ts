/** Reads the inventory file, holds it against its schema, cross-checks references and brings every value into canonical form. */
import {
  InventorySchema,
  type Inventory,
  type InventoryAccount,
  type InventoryDomain,
  type InventoryPrincipal,
} from '../contract/inventory.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { canonicalRecordSet } from '../leaf/record-data.ts';
import { parseDocumentText, readDocumentFile } from './document-file.ts';
import type { ParsedDocument, ReadDocument } from './parsed-document.ts';
import {
  hasErrors,
  quoted,
  sortProblems,
  type DocumentPath,
  type DocumentProblem,
} from './document-problem.ts';
import { createSchemaCheck } from './document-schema.ts';
import { isNetwork } from './network-text.ts';

/** Inventory with its warnings, or all problems (errors and warnings), ordered by line. */
export type LoadedInventory =
  | { readonly ok: true; readonly inventory: Inventory; readonly warnings: readonly DocumentProblem[] }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

const check = createSchemaCheck(InventorySchema);

/** Reads the file at `path`, YAML or JSON. `label` is the name used in messages. Never throws. */
export async function loadInventory(path: string, label = path): Promise<LoadedInventory> {
  return finished(await readDocumentFile(path, label));
}

/** The same from text; `file` names it in messages. */
export function parseInventory(file: string, text: string): LoadedInventory {
  return finished(parseDocumentText(file, text));
}

/** The same from a value parsed elsewhere (an incident file, a message of the log); lines are not known. */
export function checkInventory(file: string, value: unknown): LoadedInventory {
  return inventoryFrom({ file, value, lineOf: () => 0 });
}

function finished(read: ReadDocument): LoadedInventory {
  return read.ok ? inventoryFrom(read.document) : read;
}

type Note = (path: DocumentPath, message: string, level?: 'error' | 'warning') => void;

function inventoryFrom(document: ParsedDocument): LoadedInventory {
  const problems: DocumentProblem[] = [];
  const note: Note = (path, message, level = 'error') => {
    problems.push({ file: document.file, line: document.lineOf(path), path, message, level });
  };
  for (const problem of check(document.value)) note(problem.path, problem.message);
  if (problems.length > 0) return { ok: false, problems: sortProblems(problems) };
  const inventory = document.value as Inventory;
  noteDuplicates(inventory, note);
  noteReferences(inventory, note);
  const domains = (inventory.domains ?? []).map((domain, at) =>
    canonicalDomain(domain, ['domains', at], note),
  );
  const sorted = sortProblems(problems);
  if (hasErrors(sorted)) return { ok: false, problems: sorted };
  return { ok: true, inventory: { ...inventory, domains }, warnings: sorted };
}

function noteDuplicates(inventory: Inventory, note: Note): void {
  noteRepeated('tenants', inventory.tenants, (tenant) => tenant.id, 'id', note);
  noteRepeated('teams', inventory.teams, (team) => key(team.tenant, team.id), 'id', note);
  const accounts = inventory.registrar_accounts;
  noteRepeated('registrar_accounts', accounts, (account) => key(account.tenant, account.id), 'id', note);
  noteRepeated('principals', inventory.principals, (one) => key(one.tenant, one.id), 'id', note);
  noteRepeated('domains', inventory.domains, (domain) => key(domain.tenant, domain.domain), 'domain', note);
  noteAliases(inventory.principals ?? [], note);
}

function noteRepeated<T>(
  list: string,
  items: readonly T[] | undefined,
  keyOf: (item: T) => string,
  field: string,
  note: Note,
): void {
  const first = new Map<string, number>();
  for (const [at, item] of (items ?? []).entries()) {
    const before = first.get(keyOf(item));
    if (before === undefined) first.set(keyOf(item), at);
    else note([list, at, field], `is already given by ${list}[${before}]; keep one`);
  }
}

/** An alias that two principals share would give one person's actions to another. */
function noteAliases(principals: readonly InventoryPrincipal[], note: Note): void {
  const owner = new Map<string, string>();
  for (const principal of principals)
    owner.set(key(principal.tenant, principal.id.toLowerCase()), principal.id);
  for (const [at, principal] of principals.entries()) {
    for (const [place, alias] of (principal.aliases ?? []).entries()) {
      const name = key(principal.tenant, alias.toLowerCase());
      const other = owner.get(name);
      if (other !== undefined && other !== principal.id)
        note(['principals', at, 'aliases', place], `${quoted(alias)} already means ${other}`);
      else owner.set(name, principal.id);
    }
  }
}

/** References are held only against sections that exist: a file without `teams` says nothing about teams. */
function noteReferences(inventory: Inventory, note: Note): void {
  const tenants = idSet(inventory.tenants, (tenant) => tenant.id);
  const teams = idSet(inventory.teams, (team) => key(team.tenant, team.id));
  const accounts = idSet(inventory.registrar_accounts, (account) => key(account.tenant, account.id));
  const principals = principalNames(inventory.principals);
  const noteTenant = (tenant: string, path: DocumentPath): void => {
    if (tenants !== undefined && !tenants.has(tenant))
      note([...path, 'tenant'], `${quoted(tenant)} is not among tenants`);
  };
  for (const list of ['teams', 'registrar_accounts', 'principals', 'domains'] as const) {
    for (const [at, item] of (inventory[list] ?? []).entries()) noteTenant(item.tenant, [list, at]);
  }
  for (const [at, account] of (inventory.registrar_accounts ?? []).entries())
    noteAdmins(account, ['registrar_accounts', at], principals, note);
  for (const [at, domain] of (inventory.domains ?? []).entries()) {
    const { team, registrar_account: account } = domain;
    if (team !== undefined && teams !== undefined && !teams.has(key(domain.tenant, team)))
      note(['domains', at, 'team'], `${quoted(team)} is not among teams of tenant ${quoted(domain.tenant)}`);
    if (account !== undefined && accounts !== undefined && !accounts.has(key(domain.tenant, account)))
      note(
        ['domains', at, 'registrar_account'],
        `${quoted(account)} is not among registrar_accounts of tenant ${quoted(domain.tenant)}`,
      );
  }
}

function noteAdmins(
  account: InventoryAccount,
  path: DocumentPath,
  principals: ReadonlySet<string> | undefined,
  note: Note,
): void {
  if (principals === undefined) return;
  for (const [at, admin] of (account.admins ?? []).entries()) {
    if (!principals.has(key(account.tenant, admin)))
      note(
        [...path, 'admins', at],
        `${quoted(admin)} is not among principals of tenant ${quoted(account.tenant)}`,
      );
  }
}

/** Ids and aliases of every principal, keyed by tenant; undefined when the file has no principals section. */
export function principalNames(
  principals: readonly InventoryPrincipal[] | undefined,
): Set<string> | undefined {
  if (principals === undefined) return undefined;
  return new Set(
    principals.flatMap((one) => [one.id, ...(one.aliases ?? [])].map((name) => key(one.tenant, name))),
  );
}

function idSet<T>(items: readonly T[] | undefined, idOf: (item: T) => string): Set<string> | undefined {
  return items === undefined ? undefined : new Set(items.map(idOf));
}

function canonicalDomain(domain: InventoryDomain, path: DocumentPath, note: Note): InventoryDomain {
  noteName(domain.domain, [...path, 'domain'], note);
  const registrable = registrableDomain(domain.domain);
  if (registrable !== undefined && registrable !== domain.domain)
    note(
      [...path, 'domain'],
      `is not a registrable domain; events about it belong to ${quoted(registrable)}`,
    );
  const { approved } = domain;
  if (approved === undefined) return domain;
  const place = [...path, 'approved'];
  approved.nameservers?.forEach((name, at) => noteNameServer(name, [...place, 'nameservers', at], note));
  approved.ds?.forEach((value, at) => noteDs(value, [...place, 'ds', at], note));
  approved.providers?.forEach((provider, at) => noteProvider(provider, [...place, 'providers', at], note));
  const records = approved.records?.map((record, at) => {
    const recordPath = [...place, 'records', at];
    noteName(record.name, [...recordPath, 'name'], note);
    if (record.name !== domain.domain && !record.name.endsWith(`.${domain.domain}`))
      note([...recordPath, 'name'], `is not inside ${domain.domain}`);
    noteAddresses(record.type, record.values, [...recordPath, 'values'], note);
    return { ...record, values: canonicalRecordSet(record.type, record.values) };
  });
  noteRepeated(
    'records',
    approved.records,
    (record) => key(record.name, record.type),
    'name',
    ([, ...rest], message) =>
      note([...place, 'records', ...rest], message.replace('records[', 'approved.records[')),
  );
  return {
    ...domain,
    approved: {
      ...approved,
      ...(approved.nameservers === undefined
        ? {}
        : { nameservers: canonicalRecordSet('NS', approved.nameservers) }),
      ...(approved.ds === undefined ? {} : { ds: canonicalRecordSet('DS', approved.ds) }),
      ...(records === undefined ? {} : { records }),
    },
  };
}

type Provider = NonNullable<NonNullable<InventoryDomain['approved']>['providers']>[number];

function noteProvider(provider: Provider, path: DocumentPath, note: Note): void {
  const wanted = provider.kind === 'address' ? 'cidr' : 'suffix';
  if (provider[wanted] === undefined) note([...path, wanted], `is required for kind ${provider.kind}`);
  if (provider.cidr !== undefined && !isNetwork(provider.cidr))
    note([...path, 'cidr'], `must be a network such as 192.0.2.0/24, found ${quoted(provider.cidr)}`);
}

function noteNameServer(name: string, path: DocumentPath, note: Note): void {
  if (canonicalIp(name) === undefined) noteName(name, path, note);
  else note(path, `${quoted(name)} is an address; the parent zone names servers (RFC 1035 section 3.3.11)`);
}

/** What cannot be in the zone would be an alarm for ever. */
function noteAddresses(type: string, values: readonly string[], path: DocumentPath, note: Note): void {
  if (type !== 'A' && type !== 'AAAA') return;
  for (const [at, value] of values.entries()) {
    const found = canonicalIp(value);
    const fits = found !== undefined && found.includes(':') === (type === 'AAAA');
    if (!fits) note([...path, at], `${quoted(value)} is no IPv${type === 'A' ? 4 : 6} address`);
  }
}

function noteDs(value: string, path: DocumentPath, note: Note): void {
  if (!/^\d{1,5} \d{1,3} \d{1,3} [0-9A-Fa-f ]+$/.test(value))
    note(
      path,
      `${quoted(value)} is no DS record; it would match none (tag, algorithm, digest type, digest in hex)`,
      'warning',
    );
}

function noteName(name: string, path: DocumentPath, note: Note): void {
  const canonical = canonicalName(name);
  if (canonical === undefined)
    note(path, `${quoted(name)} is not a DNS name (RFC 1035 section 2.3.4, RFC 5891)`);
  else if (canonical !== name)
    note(path, `must be written ${quoted(canonical)} (lower-case A-label without final dot)`);
}

function key(tenant: string, id: string): string {
  return `${tenant}\u0000${id}`;
}
