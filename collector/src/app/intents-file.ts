/** Reads the intents file, holds it against its schema and says which approvals would not do what they seem to. */
import { IntentsSchema, type Intent, type IntentChange, type Inventory } from '../contract/inventory.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalRecordSet } from '../leaf/record-data.ts';
import { parseInstant } from '../leaf/time.ts';
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
import { principalNames } from './inventory-file.ts';

/** Intents with warnings, or all problems (errors and warnings), ordered by line. */
export type LoadedIntents =
  | { readonly ok: true; readonly intents: readonly Intent[]; readonly warnings: readonly DocumentProblem[] }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

const check = createSchemaCheck(IntentsSchema);

/** Reads the file at `path`, YAML or JSON. With `inventory`, tenants, domains, accounts and people are looked up in it. */
export async function loadIntents(path: string, inventory?: Inventory, label = path): Promise<LoadedIntents> {
  return finished(await readDocumentFile(path, label), inventory);
}

/** The same from text; `file` names it in messages. */
export function parseIntents(file: string, text: string, inventory?: Inventory): LoadedIntents {
  return finished(parseDocumentText(file, text), inventory);
}

/** The same from a value parsed elsewhere (an API body, an incident file); lines are not known. */
export function checkIntents(file: string, value: unknown, inventory?: Inventory): LoadedIntents {
  return intentsFrom({ file, value, lineOf: () => 0 }, inventory);
}

function finished(read: ReadDocument, inventory: Inventory | undefined): LoadedIntents {
  return read.ok ? intentsFrom(read.document, inventory) : read;
}

type Note = (path: DocumentPath, message: string, level?: 'error' | 'warning') => void;

function intentsFrom(document: ParsedDocument, inventory: Inventory | undefined): LoadedIntents {
  const problems: DocumentProblem[] = [];
  const note: Note = (path, message, level = 'error') => {
    problems.push({ file: document.file, line: document.lineOf(path), path, message, level });
  };
  for (const problem of check(document.value)) note(problem.path, problem.message);
  if (problems.length > 0) return { ok: false, problems: sortProblems(problems) };
  const { intents } = document.value as { intents: Intent[] };
  const known = inventory === undefined ? undefined : knownNames(inventory);
  const seen = new Map<string, number>();
  const canonical = intents.map((intent, at) => {
    const path = ['intents', at];
    const name = `${intent.tenant}\u0000${intent.id}`;
    const before = seen.get(name);
    if (before === undefined) seen.set(name, at);
    else note([...path, 'id'], `is already given by intents[${before}]; keep one`);
    noteTimes(intent, path, note);
    if (known !== undefined) notePeople(intent, path, known, note);
    if (intent.changes.length === 0)
      note([...path, 'changes'], 'is empty: this intent approves nothing', 'warning');
    const changes = intent.changes.map((change, place) => {
      const changePath = [...path, 'changes', place];
      noteObject(change, changePath, note);
      if (known !== undefined) noteKnownObject(intent, change, changePath, known, note);
      return canonicalChange(change);
    });
    return { ...intent, changes };
  });
  const sorted = sortProblems(problems);
  if (hasErrors(sorted)) return { ok: false, problems: sorted };
  return { ok: true, intents: canonical, warnings: sorted };
}

function noteTimes(intent: Intent, path: DocumentPath, note: Note): void {
  const times: Partial<Record<'valid_from' | 'valid_until' | 'known_at', number>> = {};
  for (const field of ['valid_from', 'valid_until', 'known_at'] as const) {
    const text = intent[field];
    if (text === undefined) continue;
    const instant = parseInstant(text);
    if (instant === undefined)
      note([...path, field], `${quoted(text)} is not a time that exists (RFC 3339, UTC)`);
    else times[field] = instant.ms;
  }
  const { valid_from: from, valid_until: until, known_at: knownAt } = times;
  if (from !== undefined && until !== undefined && from >= until)
    note([...path, 'valid_until'], `must be later than valid_from (${intent.valid_from})`);
  if (until !== undefined && knownAt !== undefined && knownAt > until)
    note([...path, 'known_at'], 'is later than valid_until: the intent came when it was over', 'warning');
}

function noteObject(change: IntentChange, path: DocumentPath, note: Note): void {
  const objects = ['domain', 'account', 'principal'].filter((field) => Object.hasOwn(change, field));
  if (objects.length !== 1)
    note(path, `needs exactly one of domain, account and principal; found ${objects.join(', ') || 'none'}`);
  if (change.new === undefined)
    note(path, 'has no "new" value: a change that names no value approves nothing', 'warning');
  for (const field of ['domain', 'name'] as const) {
    const name = change[field];
    if (name === undefined) continue;
    const canonical = canonicalName(name);
    if (canonical === undefined) note([...path, field], `${quoted(name)} is not a DNS name`);
    else if (canonical !== name) note([...path, field], `must be written ${quoted(canonical)}`);
  }
  const { domain, name } = change;
  if (domain !== undefined && name !== undefined && name !== domain && !name.endsWith(`.${domain}`))
    note([...path, 'name'], `is not inside ${domain}`);
  if (domain !== undefined && (registrableDomain(domain) ?? domain) !== domain)
    note([...path, 'domain'], `is not a registrable domain; write ${quoted(registrableDomain(domain))}`);
  if (change.action === 'record' && (change.name === undefined || change.type === undefined))
    note(path, 'action record needs "name" and "type": it approves one record set', 'warning');
  if (change.action === 'certificate' && change.new !== undefined && !namesIssuer(change.new))
    note([...path, 'new'], 'names no issuer: write {issuer: "…"}, else it approves nothing', 'warning');
}

function namesIssuer(value: unknown): boolean {
  const issuer = typeof value === 'object' && value !== null ? (value as { issuer?: unknown }).issuer : value;
  return typeof issuer === 'string' && issuer !== '';
}

interface Known {
  readonly tenants: ReadonlySet<string> | undefined;
  readonly principals: ReadonlySet<string> | undefined;
  readonly accounts: ReadonlySet<string>;
  readonly domains: ReadonlySet<string>;
}

function knownNames(inventory: Inventory): Known {
  return {
    tenants:
      inventory.tenants === undefined ? undefined : new Set(inventory.tenants.map((tenant) => tenant.id)),
    principals: principalNames(inventory.principals),
    accounts: new Set((inventory.registrar_accounts ?? []).map((one) => `${one.tenant}\u0000${one.id}`)),
    domains: new Set((inventory.domains ?? []).map((one) => `${one.tenant}\u0000${one.domain}`)),
  };
}

/** An intent by or about somebody unknown still counts for what it names, hence warnings; only its tenant must exist. */
function notePeople(intent: Intent, path: DocumentPath, known: Known, note: Note): void {
  if (known.tenants !== undefined && !known.tenants.has(intent.tenant))
    note([...path, 'tenant'], `${quoted(intent.tenant)} is not among tenants of the inventory`);
  for (const field of ['requested_by', 'approved_by'] as const) {
    const person = intent[field];
    if (person !== undefined && known.principals?.has(`${intent.tenant}\u0000${person}`) === false)
      note([...path, field], `${quoted(person)} is not among principals of the inventory`, 'warning');
  }
}

function noteKnownObject(
  intent: Intent,
  change: IntentChange,
  path: DocumentPath,
  known: Known,
  note: Note,
): void {
  const held = (names: ReadonlySet<string> | undefined, name: string): boolean =>
    names === undefined || names.has(`${intent.tenant}\u0000${name}`);
  const { domain, account, principal } = change;
  if (domain !== undefined && !held(known.domains, domain))
    note(
      [...path, 'domain'],
      `${quoted(domain)} is not in the inventory of ${quoted(intent.tenant)}`,
      'warning',
    );
  if (account !== undefined && !held(known.accounts, account))
    note([...path, 'account'], `${quoted(account)} is not among registrar_accounts`, 'warning');
  if (principal !== undefined && !held(known.principals, principal))
    note([...path, 'principal'], `${quoted(principal)} is not among principals`, 'warning');
}

const recordTypeOfAction: Partial<Record<IntentChange['action'], string>> = {
  delegation: 'NS',
  ds: 'DS',
  caa: 'CAA',
};

/** Record data in the form events carry it, so that an approval matches however it was written. */
function canonicalChange(change: IntentChange): IntentChange {
  const type = change.type ?? recordTypeOfAction[change.action];
  if (type === undefined) return change;
  const copy: IntentChange = { ...change };
  for (const field of ['old', 'new'] as const) {
    const value = change[field];
    if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string'))
      copy[field] = canonicalRecordSet(type, value);
  }
  return copy;
}
