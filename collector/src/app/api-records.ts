/** Evidence, suppressions, approvals, quarantine, audit: the lists behind the decisions. */
import { notFound, problem, value, type ApiCall, type ApiHandler } from '../api/api-endpoint.ts';
import { cursorOf, newestFirst, pageOf } from '../api/page.ts';
import type { QuarantineView, SuppressionView } from '../contract/api.ts';
import type { Intent } from '../contract/inventory.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { isSourceName } from '../contract/source-name.ts';
import { formatInstant } from '../leaf/time.ts';
import type { AuditEntry } from '../7-case/audit-chain.ts';
import { suppressionViews } from '../7-case/readers.ts';
import { instantMs } from '../host/instant-ms.ts';
import type { LetterState, StoredLetter } from '../log/quarantine.ts';
import { caseState, seesPeople, settled, shownPerson, type ApiParts } from './api-parts.ts';
import type { AuditLog } from './audit-log.ts';
import { checkAuditLog, type AuditReport } from './audit-verification.ts';
import { rawOf } from './raw-evidence.ts';

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function evidence(parts: ApiParts): ApiHandler {
  const { host, stores } = parts.collector;
  return async (call) => {
    const event = host.book.evidence.get(call.params['id'] ?? '');
    if (event === undefined || !call.tenants.includes(event.tenant)) return notFound;
    const raw = await rawOf(event, host.book, stores.log);
    const text = raw === undefined ? null : textOf(raw.bytes);
    await call.audit(event.tenant, `event ${event.event_id}`);
    return value({
      event,
      raw_text: text,
      raw_base64: raw === undefined || text !== null ? null : Buffer.from(raw.bytes).toString('base64'),
    });
  };
}

/** Owner, creator and approvers are people. */
function shownSuppression(call: ApiCall, view: SuppressionView): SuppressionView {
  const person = (id: string): string => (id.includes(':') ? shownPerson(call, view.tenant, id) : id);
  const approver = view.approver?.split(', ').map(person).join(', ') ?? null;
  return { ...view, owner: person(view.owner), created_by: person(view.created_by), approver };
}

/** The intent as the caller may see it. */
export function shownIntent(call: ApiCall, intent: Intent): Intent {
  const { requested_by: requested, approved_by: approved } = intent;
  return {
    ...intent,
    ...(requested === undefined ? {} : { requested_by: shownPerson(call, intent.tenant, requested) }),
    ...(approved === undefined ? {} : { approved_by: shownPerson(call, intent.tenant, approved) }),
  };
}

function suppressionList(parts: ApiParts): ApiHandler {
  return (call) => {
    const wanted = call.query.get('state');
    const views = call.tenants.flatMap((tenant) => {
      const state = caseState(parts, tenant);
      return state === undefined ? [] : suppressionViews(state, tenant, parts.around.nowMs());
    });
    const list = views.filter(({ state }) => wanted === null || wanted === '' || state === wanted);
    const key = (view: (typeof views)[number]): string =>
      `${newestFirst(instantMs(view.created_at))} ${view.id}`;
    return value(pageOf(list, key, call.page, (view) => shownSuppression(call, view)));
  };
}

function silenceList(parts: ApiParts): ApiHandler {
  return (call) => {
    const list = parts.silences.list(call.tenants);
    const people = call.tenants.every((tenant) => seesPeople(call, tenant));
    const key = (view: (typeof list)[number]): string =>
      `${newestFirst(instantMs(view.ends_at))} ${view.place} ${view.id}`;
    return value(
      pageOf(list, key, call.page, (view) => (people ? view : { ...view, created_by: '[withheld]' })),
    );
  };
}

function intentList(parts: ApiParts): ApiHandler {
  return (call) => {
    const domain = call.query.get('domain');
    const list = [...parts.collector.host.book.intents.values()].filter(
      (intent) =>
        call.tenants.includes(intent.tenant) &&
        (domain === null || domain === '' || intent.changes.some((change) => change.domain === domain)),
    );
    const key = (intent: (typeof list)[number]): string =>
      `${newestFirst(instantMs(intent.valid_until))} ${intent.tenant} ${intent.id}`;
    return value(pageOf(list, key, call.page, (intent) => shownIntent(call, intent)));
  };
}

const beginningBytes = 4096;

function letterView(letter: StoredLetter): QuarantineView {
  return {
    id: letter.id,
    tenant: letter.tenant,
    source: letter.source,
    received_at: formatInstant(letter.receivedAtMs),
    code: letter.code,
    path: letter.path,
    message: letter.message,
    normaliser: letter.normaliser,
    content_type: letter.contentType,
    size: letter.bytes.length,
    state: letter.state,
    beginning: textOf(letter.bytes.subarray(0, beginningBytes)),
  };
}

/** A feed that all tenants share is nobody's alone: its letters are for those who see every tenant. */
function seesLetter(parts: ApiParts, call: ApiCall, tenant: string): boolean {
  if (tenant !== '*') return call.tenants.includes(tenant);
  return (
    call.identity.grants.some((grant) => grant.tenant === '*') || parts.collector.current.tenants.length <= 1
  );
}

function letterState(text: string | null): LetterState | undefined | 'unknown' {
  if (text === null || text === '') return undefined;
  return text === 'open' || text === 'redriven' || text === 'discarded' ? text : 'unknown';
}

function quarantineList(parts: ApiParts): ApiHandler {
  const { quarantine } = parts.collector.stores;
  return (call) => {
    const state = letterState(call.query.get('state'));
    if (state === 'unknown') return problem(400, 'bad query', '"state" is open, redriven or discarded');
    const source = call.query.get('source');
    const code = call.query.get('code');
    const filter = {
      tenants: [...call.tenants, ...(seesLetter(parts, call, '*') ? ['*'] : [])],
      ...(state === undefined ? {} : { state }),
      ...(source === null ? {} : { source }),
      ...(code === null ? {} : { code }),
    };
    const after = Number(call.page.after === '' ? 0 : call.page.after);
    if (!Number.isSafeInteger(after)) return problem(400, 'bad page', '"cursor" is not one of this list');
    const letters = quarantine.list({ ...filter, after, limit: call.page.limit + 1 });
    const shown = letters.slice(0, call.page.limit);
    const last = shown.at(-1);
    return value({
      items: shown.map(letterView),
      next_cursor: letters.length > shown.length && last !== undefined ? cursorOf(String(last.number)) : null,
      total: quarantine.count(filter),
    });
  };
}

function redrive(parts: ApiParts): ApiHandler {
  const { intake, stores } = parts.collector;
  return async (call) => {
    const letter = stores.quarantine.get(call.params['id'] ?? '');
    if (letter === undefined || !seesLetter(parts, call, letter.tenant)) return notFound;
    if (letter.state !== 'open') return problem(409, 'not possible now', `the record is ${letter.state}`);
    if (!isSourceName(letter.source))
      return problem(409, 'not possible', 'what an endpoint refused is not read again; it is sent again');
    const { instance, verified, meta } = (letter.meta ?? {}) as Partial<RawRecord>;
    const record: RawRecord = {
      tenant: letter.tenant,
      source: letter.source,
      ...(instance === undefined ? {} : { instance }),
      receivedAtMs: letter.receivedAtMs,
      contentType: letter.contentType,
      verified: verified === true,
      bytes: letter.bytes,
      ...(meta === undefined ? {} : { meta }),
    };
    await call.audit(letter.tenant, `quarantine ${letter.id}`);
    // Marked first: a record that fails again becomes open again, and only from this state.
    stores.quarantine.mark([letter.id], 'redriven');
    try {
      await intake.accept([record]);
    } catch (error) {
      stores.quarantine.mark([letter.id], 'open');
      return problem(503, 'not stored', `the record could not be made durable: ${(error as Error).message}`);
    }
    await settled(parts);
    return value({ accepted: true, id: letter.id });
  };
}

function auditList(parts: ApiParts): ApiHandler {
  return async (call) => {
    const action = call.query.get('action');
    const by = call.query.get('by');
    const before = call.page.after === '' ? undefined : Number(call.page.after);
    if (before !== undefined && !Number.isSafeInteger(before))
      return problem(400, 'bad page', '"cursor" is not one of this list');
    const everywhere = call.identity.grants.some(
      ({ tenant, roles }) => tenant === '*' && roles.includes('admin'),
    );
    const wants = ({ fact }: AuditEntry): boolean =>
      ((everywhere && call.query.get('tenant') === null) || call.tenants.includes(fact.tenant)) &&
      (action === null || action === '' || fact.action === action) &&
      (by === null || by === '' || fact.by === by);
    const limit = call.page.limit + 1;
    const entries = await parts.audit.list({ limit, ...(before === undefined ? {} : { before }), wants });
    const shown = entries.slice(0, call.page.limit);
    const last = shown.at(-1);
    return value({
      items: shown.map(({ seq, fact, hash }) => ({
        index: seq,
        at: fact.at,
        by: fact.by,
        tenant: fact.tenant,
        action: fact.action,
        object: fact.object,
        detail: fact.details ?? null,
        hash,
      })),
      next_cursor: entries.length > shown.length && last !== undefined ? cursorOf(String(last.seq)) : null,
      total: await parts.audit.count(wants),
    });
  };
}

async function auditReport(audit: AuditLog): Promise<AuditReport> {
  const { entries, checkpoints } = await audit.texts();
  return checkAuditLog(entries, checkpoints, audit.key.publicKeyPem);
}

/** Reads the whole log: asked again within ten seconds, it tells what it found before. */
function auditVerification(parts: ApiParts): ApiHandler {
  let known: { readonly atMs: number; readonly report: Promise<AuditReport> } | undefined;
  return async () => {
    const nowMs = parts.around.nowMs();
    if (known === undefined || Math.abs(nowMs - known.atMs) > 10_000)
      known = { atMs: nowMs, report: auditReport(parts.audit) };
    const { ok, entries, signedSize, checkpoints, problems } = await known.report;
    return value({
      ok,
      checked_at: formatInstant(known.atMs),
      entries,
      signed_entries: signedSize,
      checkpoints,
      problems,
    });
  };
}

/** Handlers of these lists. */
export function recordHandlers(parts: ApiParts): Record<string, ApiHandler> {
  return {
    'GET /evidence/{id}': evidence(parts),
    'GET /suppressions': suppressionList(parts),
    'GET /silences': silenceList(parts),
    'GET /intents': intentList(parts),
    'GET /quarantine': quarantineList(parts),
    'POST /quarantine/{id}/redrive': redrive(parts),
    'GET /audit': auditList(parts),
    'GET /audit/verification': auditVerification(parts),
  };
}
