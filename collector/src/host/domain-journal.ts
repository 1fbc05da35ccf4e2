/** What was heard about each domain, newest last and bounded: its certificates and its changes, for pages and playbook steps. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { PackedForm } from '../engine/packed-map.ts';

/** One certificate that names the domain or lies below it, once however many logs told of it. */
export interface JournalCertificate {
  /** Hash that precertificate and certificate share; serial and issuer where no source gave one. */
  readonly id: string;
  readonly event_id: string;
  readonly at: string;
  readonly names: readonly string[];
  readonly issuer: string | null;
  readonly serial: string | null;
  readonly not_before: string | null;
  readonly not_after: string | null;
  readonly spki_sha256: string | null;
  readonly acme_account_uri: string | null;
  readonly log: string | null;
  readonly source_kind: string;
  /** `expected`, `new_but_ours`, `issued_while_not_ours`; null where nothing is known to judge by. */
  readonly verdict: string | null;
}

/** One change of a control or record set as one source told it. */
export interface JournalChange {
  readonly event_id: string;
  readonly at: string;
  readonly type: string;
  /** `record_name record_type`, or the attribute; null for changes without one. */
  readonly object: string | null;
  readonly old: unknown;
  readonly new: unknown;
  readonly source_kind: string;
  readonly actor_id: string | null;
  readonly approval_state: string;
}

/** Journal of one domain. */
export interface DomainJournal {
  readonly certificates: JournalCertificate[];
  readonly changes: JournalChange[];
}

/** A journal as text: a list per field, of one value where all entries say the same. */
export const journalForm: PackedForm<DomainJournal> = {
  pack: ({ certificates, changes }) =>
    JSON.stringify([
      columnsOf(certificateFields, certificates),
      columnsOf(changeFields, changes),
    ] satisfies PackedJournal),
  open(text) {
    const [certificates, changes] = JSON.parse(text) as PackedJournal;
    return {
      certificates: entriesOf<JournalCertificate>(certificateFields, certificates),
      changes: entriesOf<JournalChange>(changeFields, changes),
    };
  },
};

type Columns = readonly [count: number, ...fields: (readonly unknown[])[]];
type PackedJournal = readonly [certificates: Columns, changes: Columns];

const certificateFields = [
  'id',
  'event_id',
  'at',
  'names',
  'issuer',
  'serial',
  'not_before',
  'not_after',
  'spki_sha256',
  'acme_account_uri',
  'log',
  'source_kind',
  'verdict',
] as const satisfies readonly (keyof JournalCertificate)[];
const changeFields = [
  'event_id',
  'at',
  'type',
  'object',
  'old',
  'new',
  'source_kind',
  'actor_id',
  'approval_state',
] as const satisfies readonly (keyof JournalChange)[];

function columnsOf<T>(fields: readonly (keyof T)[], entries: readonly T[]): Columns {
  if (entries.length === 0) return [0];
  return [
    entries.length,
    ...fields.map((field) => {
      const values = entries.map((entry): unknown => entry[field]);
      const first = JSON.stringify(values[0]);
      return values.every((value) => JSON.stringify(value) === first) ? values.slice(0, 1) : values;
    }),
  ];
}

function entriesOf<T>(fields: readonly (keyof T)[], [count, ...columns]: Columns): T[] {
  return Array.from(
    { length: count },
    (_, at) =>
      Object.fromEntries(
        fields.map((field, index) => {
          const values = columns[index] ?? [];
          return [field, (values.length === 1 ? values[0] : values[at]) ?? null];
        }),
      ) as T,
  );
}

const certificatesMax = 100;
const changesMax = 200;
const textMax = 512;
const namesMax = 20;
const changePlanes = /^(registrar\.domain|dns\.|cert\.served_changed|dnsquery\.answer\.changed)/;

function bounded(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, textMax);
  if (Array.isArray(value)) return value.slice(0, namesMax).map(bounded);
  return value ?? null;
}

function certificateOf(event: CanonicalEvent): JournalCertificate | undefined {
  const { cert } = event;
  if (
    cert === undefined ||
    !['cert.issued', 'cert.precert_logged', 'cert.renewed'].includes(event.event_type)
  )
    return undefined;
  const issuer = cert.issuer_cn ?? cert.issuer_org ?? null;
  const id =
    cert.tbs_sha256 ?? cert.fingerprint_sha256 ?? `${issuer ?? 'unknown'}/${cert.serial ?? event.event_id}`;
  const feature = event.feature?.['certificate'] as { verdict?: unknown } | undefined;
  return {
    id,
    event_id: event.event_id,
    at: event.timestamp,
    names: (cert.names ?? []).slice(0, namesMax),
    issuer,
    serial: cert.serial ?? null,
    not_before: cert.not_before ?? null,
    not_after: cert.not_after ?? null,
    spki_sha256: cert.spki_sha256 ?? null,
    acme_account_uri: cert.acme_account_uri ?? null,
    log: cert.log_name ?? cert.log_id ?? null,
    source_kind: event.source_kind,
    verdict: typeof feature?.verdict === 'string' ? feature.verdict : null,
  };
}

function changeOf(event: CanonicalEvent): JournalChange | undefined {
  if (!changePlanes.test(event.event_type)) return undefined;
  if (event.old_value === undefined && event.new_value === undefined) return undefined;
  const object =
    event.record_name === undefined
      ? (event.attribute ?? null)
      : `${event.record_name} ${event.record_type ?? ''}`.trim();
  return {
    event_id: event.event_id,
    at: event.timestamp,
    type: event.event_type,
    object,
    old: bounded(event.old_value),
    new: bounded(event.new_value),
    source_kind: event.source_kind,
    actor_id: event.actor_id === 'unknown' ? null : event.actor_id,
    approval_state: event.approval_state,
  };
}

function add<T extends { readonly at: string }>(
  list: T[],
  entry: T,
  same: (each: T) => boolean,
  most: number,
): void {
  const known = list.findIndex(same);
  if (known >= 0) {
    list[known] = { ...entry, at: entry.at < (list[known] as T).at ? entry.at : (list[known] as T).at };
    return;
  }
  let place = list.length;
  while (place > 0 && (list[place - 1] as T).at > entry.at) place--;
  list.splice(place, 0, entry);
  if (list.length > most) list.shift();
}

/** Takes an event into a journal; false when it says nothing a journal keeps. The same event again changes nothing. */
export function enterJournal(journal: DomainJournal, event: CanonicalEvent): boolean {
  const certificate = certificateOf(event);
  if (certificate !== undefined)
    add(journal.certificates, certificate, ({ id }) => id === certificate.id, certificatesMax);
  const change = changeOf(event);
  if (change !== undefined)
    add(journal.changes, change, ({ event_id: id }) => id === change.event_id, changesMax);
  return certificate !== undefined || change !== undefined;
}

/** True for events a journal may keep: cheap, asked for every event of the stream. */
export function isJournalled(event: CanonicalEvent): boolean {
  return event.domain !== undefined && (event.cert !== undefined || changePlanes.test(event.event_type));
}
