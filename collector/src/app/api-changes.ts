/** What people may do to cases, suppressions and approvals: checked here, so that they hear at once why not, and decided in the stream. */
import { randomUUID } from 'node:crypto';
import {
  notFound,
  problem,
  value,
  type ApiAnswer,
  type ApiCall,
  type ApiHandler,
} from '../api/api-endpoint.ts';
import type {
  IntentRequest,
  NotificationRequest,
  SuppressionRequest,
  SuppressionView,
} from '../contract/api.ts';
import type { Case } from '../contract/case.ts';
import type { Intent } from '../contract/inventory.ts';
import type { Directive, StateView } from '../contract/step.ts';
import { formatInstant, parseInstant } from '../leaf/time.ts';
import { stateMoves } from '../7-case/lifecycle.ts';
import { suppressionViews } from '../7-case/readers.ts';
import { approvalRefusal, readSuppression } from '../7-case/suppression.ts';
import { caseFor, caseState, settled, type ApiParts } from './api-parts.ts';
import { shippedPlaybooks } from './case-keeper.ts';
import { checkIntents } from './intents-file.ts';

const hourMs = 3_600_000;

/** Writes a directive into the log and waits until it was followed. */
export async function direct(
  parts: ApiParts,
  directive: Pick<Directive, 'type' | 'tenant' | 'by' | 'data'>,
): Promise<void> {
  await parts.collector.direct({ id: randomUUID(), ...directive });
  await settled(parts);
}

/** Members of a directive's data that name a case, also when its id changes meanwhile. */
export function caseNamed(parts: Pick<ApiParts, 'collector'>, found: Case): Record<string, unknown> {
  const [engineId] = parts.collector.host.engine.publication.engineCaseIds(found.case_id);
  return { case_id: engineId ?? found.case_id, case_finding_ids: found.finding_ids };
}

/** Whom a verdict on a case is about: baselines of these entities forget what a confirmed case taught them. */
function concerned(
  parts: Pick<ApiParts, 'collector'>,
  type: Directive['type'],
  found: Case,
): Record<string, unknown> {
  if (type !== 'case.closed' && type !== 'case.disposition') return {};
  const { domains, registrar_accounts: accounts, opened_at: openedAt } = found;
  const known = parts.collector.current.inventory.principals ?? [];
  const actors = found.actors.map(
    (actor) =>
      known.find(({ id, aliases }) => id === actor || aliases?.includes(actor) === true)?.id ?? actor,
  );
  return { domains, accounts, actors, opened_at: openedAt };
}

function caseVerb(
  parts: ApiParts,
  type: Directive['type'],
  data: (body: Record<string, unknown>) => Record<string, unknown>,
): ApiHandler {
  return async (call) => {
    const found = caseFor(parts, call, call.params['id'] ?? '');
    if (found === undefined) return notFound;
    const next = type.slice('case.'.length);
    const before = stateMoves[next];
    if (before !== undefined && !before.includes(found.state))
      return problem(409, 'not possible now', `the case is ${found.state}; it cannot become ${next}`);
    const more = data(call.body as Record<string, unknown>);
    await call.audit(found.tenant, `case ${found.case_id}`, more);
    await direct(parts, {
      type,
      tenant: found.tenant,
      by: call.identity.id,
      data: { ...caseNamed(parts, found), ...concerned(parts, type, found), ...more },
    });
    const reason = more['reason'];
    if (typeof reason === 'string' && type !== 'case.closed')
      await direct(parts, {
        type: 'case.note',
        tenant: found.tenant,
        by: call.identity.id,
        data: { ...caseNamed(parts, found), text: reason },
      });
    return value({ accepted: true });
  };
}

/** A step that waits for an approval is no word of one person. */
function stepDone(parts: ApiParts): ApiHandler {
  const said = caseVerb(parts, 'action.executed', (body) => ({ ...body }));
  return (call) => {
    const found = caseFor(parts, call, call.params['id'] ?? '');
    if (found === undefined) return notFound;
    const { step: id } = call.body as { step: string };
    if (found.state === 'merged')
      return problem(409, 'not possible now', `the case was merged into ${found.merged_into ?? ''}`);
    const playbook = shippedPlaybooks().find((each) => each.id === found.playbook);
    const step = playbook?.steps.find((each) => each.id === id);
    if (step === undefined)
      return problem(409, 'not possible', `playbook ${found.playbook ?? '(none)'} has no step ${id}`);
    if (step.mode === 'prepared')
      return problem(
        409,
        'not possible',
        `step ${id} needs an approval: propose it (POST /cases/{id}/actions with "step": "${id}"), and say so when it was carried out`,
      );
    return said(call);
  };
}

function merge(parts: ApiParts): ApiHandler {
  return async (call) => {
    const found = caseFor(parts, call, call.params['id'] ?? '');
    const other = caseFor(parts, call, (call.body as { with: string }).with);
    if (found === undefined || other === undefined) return notFound;
    if (found.tenant !== other.tenant || found.case_id === other.case_id || found.drill !== other.drill)
      return problem(
        409,
        'not possible',
        'the two cases must differ, be of one tenant, and both be drills or none',
      );
    const gone = [found, other].find(({ merged_into: into }) => into !== null);
    if (gone !== undefined)
      return problem(
        409,
        'not possible now',
        `case ${gone.case_id} was merged into ${gone.merged_into ?? ''}`,
      );
    await call.audit(found.tenant, `case ${found.case_id}`, { with: other.case_id });
    const named = caseNamed(parts, other);
    const data = { ...caseNamed(parts, found), with: named['case_id'], with_finding_ids: other.finding_ids };
    await direct(parts, { type: 'case.merge', tenant: found.tenant, by: call.identity.id, data });
    const survivor = parts.collector.host.book.cases.get(found.case_id)?.merged_into ?? found.case_id;
    return value({ accepted: true, id: survivor });
  };
}

function split(parts: ApiParts): ApiHandler {
  return async (call) => {
    const found = caseFor(parts, call, call.params['id'] ?? '');
    if (found === undefined) return notFound;
    const ids = (call.body as { finding_ids: string[] }).finding_ids;
    if (found.state === 'merged' || found.state === 'closed')
      return problem(409, 'not possible now', `the case is ${found.state}`);
    const strange = ids.find((id) => !found.finding_ids.includes(id));
    if (strange !== undefined) return problem(409, 'not possible', `finding ${strange} is not in this case`);
    if (new Set(ids).size >= found.finding_ids.length)
      return problem(409, 'not possible', 'at least one finding must stay in the case');
    await call.audit(found.tenant, `case ${found.case_id}`, { finding_ids: ids });
    const data = { ...caseNamed(parts, found), finding_ids: ids };
    await direct(parts, { type: 'case.split', tenant: found.tenant, by: call.identity.id, data });
    const created = parts.collector.host.book.findings.get(ids[0] ?? '')?.case_id;
    // Without an id the stream has not got that far: the old case will say where they went.
    return value(
      created === undefined || created === null || created === found.case_id
        ? { accepted: true }
        : { accepted: true, id: created },
    );
  };
}

/** The one tenant a change without object is for: named in the body, or the only one the caller has. */
export function tenantFor(call: ApiCall, named: string | undefined): string | ApiAnswer {
  if (named !== undefined) return call.tenants.includes(named) ? named : notFound;
  const [only] = call.tenants;
  return call.tenants.length === 1 && only !== undefined
    ? only
    : problem(400, 'bad body', '/tenant: say which of your tenants is meant');
}

function createSuppression(parts: ApiParts): ApiHandler {
  return async (call) => {
    const { tenant: named, ...data } = call.body as SuppressionRequest;
    const tenant = tenantFor(call, named);
    if (typeof tenant !== 'string') return tenant;
    const id = randomUUID();
    const directive: Directive = { type: 'suppression.created', tenant, by: call.identity.id, data };
    const read = readSuppression(directive, id, parts.around.nowMs());
    if (!read.ok) return problem(422, 'not possible', read.problems.join('; '));
    await call.audit(tenant, `suppression ${id}`, data);
    await direct(parts, { ...directive, data: { ...data, suppression_id: id } });
    return value({ accepted: true, id });
  };
}

function suppressionFor(
  parts: ApiParts,
  call: ApiCall,
): { tenant: string; view: SuppressionView; state: StateView } | undefined {
  for (const tenant of call.tenants) {
    const state = caseState(parts, tenant);
    if (state === undefined) continue;
    const views = suppressionViews(state, tenant, parts.around.nowMs());
    const view = views.find(({ id }) => id === call.params['id']);
    if (view !== undefined) return { tenant, view, state };
  }
  return undefined;
}

function changeSuppression(
  parts: ApiParts,
  type: 'suppression.approved' | 'suppression.expired',
): ApiHandler {
  return async (call) => {
    const found = suppressionFor(parts, call);
    if (found === undefined) return notFound;
    const { tenant, view, state } = found;
    if (view.state === 'ended' || view.state === 'expired')
      return problem(409, 'not possible now', `the suppression is ${view.state}`);
    const refused =
      type === 'suppression.approved' ? approvalRefusal(state, view.id, call.identity.id) : undefined;
    if (refused !== undefined) return problem(409, 'not possible', refused);
    await call.audit(tenant, `suppression ${view.id}`);
    await direct(parts, { type, tenant, by: call.identity.id, data: { suppression_id: view.id } });
    return value({ accepted: true, id: view.id });
  };
}

function createIntent(parts: ApiParts): ApiHandler {
  return async (call) => {
    const body = call.body as IntentRequest;
    const tenant = tenantFor(call, body.tenant);
    if (typeof tenant !== 'string') return tenant;
    const nowMs = parts.around.nowMs();
    const from = parseInstant(body.valid_from ?? formatInstant(nowMs));
    const until = parseInstant(body.valid_until ?? formatInstant(nowMs + 4 * hourMs));
    if (from === undefined || until === undefined || until.ms <= from.ms)
      return problem(
        422,
        'not possible',
        '/valid_until: must be a time after /valid_from, like 2026-12-01T08:00:00Z',
      );
    const open = body.changes.findIndex((change) => !('new' in change));
    if (open >= 0)
      return problem(
        422,
        'not possible',
        `/changes/${open}/new: an approval names the value; a time span approves nothing`,
      );
    const id = body.id ?? `api-${randomUUID()}`;
    if (parts.collector.host.book.intents.has(`${tenant}|${id}`))
      return problem(409, 'not possible', `an intent ${id} exists already`);
    if (body.requested_by === call.identity.id)
      return problem(409, 'not possible', 'nobody approves their own request');
    const intent: Intent = {
      id,
      tenant,
      source: 'api',
      ...(body.requested_by === undefined ? {} : { requested_by: body.requested_by }),
      approved_by: call.identity.id,
      valid_from: formatInstant(from.ms),
      valid_until: formatInstant(until.ms),
      known_at: formatInstant(nowMs),
      ...(body.emergency === undefined ? {} : { emergency: body.emergency }),
      ...(body.reason === undefined ? {} : { reason: body.reason }),
      changes: body.changes,
    };
    const checked = checkIntents(
      'body',
      { version: 1, intents: [intent] },
      parts.collector.current.inventory,
    );
    const [found] = checked.ok ? checked.intents : [];
    if (found === undefined) {
      const wrong = checked.ok ? [] : checked.problems.filter(({ level }) => level === 'error');
      const sentences = wrong.map(({ path, message }) => `/${path.slice(2).join('/')}: ${message}`);
      return problem(422, 'not possible', sentences.join('; '));
    }
    await call.audit(tenant, `intent ${id}`, { ...found });
    await parts.collector.approve(found);
    await settled(parts);
    return value({ accepted: true, id });
  };
}

/** A receipt is one line of the case for one receiver and one firing, however often the notification is repeated. */
function notified(parts: ApiParts): ApiHandler {
  return async (call) => {
    const { receiver, alerts } = call.body as NotificationRequest;
    const told = new Map<string, { readonly about: Case; readonly key: string }>();
    for (const { labels, status, startsAt } of alerts) {
      const about = status === 'resolved' ? undefined : caseFor(parts, call, labels['case_id'] ?? '');
      if (about === undefined) continue;
      const key = `notified/${about.case_id}/${receiver}/${startsAt ?? about.opened_at}`;
      told.set(key, { about, key });
    }
    for (const { about, key } of told.values()) {
      await call.audit(about.tenant, `case ${about.case_id}`, { receiver });
      const data = { ...caseNamed(parts, about), receiver };
      const { tenant } = about;
      await parts.collector.direct({ id: key, type: 'case.notified', tenant, by: call.identity.id, data });
    }
    if (told.size > 0) await settled(parts);
    return value({ accepted: told.size > 0 });
  };
}

/** Handlers of every change but those of actions and quarantine. */
export function changeHandlers(parts: ApiParts): Record<string, ApiHandler> {
  const kept = (body: Record<string, unknown>): Record<string, unknown> => ({ ...body });
  return {
    'POST /cases/{id}/acknowledge': caseVerb(parts, 'case.acknowledged', kept),
    'POST /cases/{id}/assign': caseVerb(parts, 'case.assigned', ({ assignee }) => ({
      assignee: assignee ?? '',
    })),
    'POST /cases/{id}/contain': caseVerb(parts, 'case.contained', kept),
    'POST /cases/{id}/close': caseVerb(parts, 'case.closed', kept),
    'POST /cases/{id}/reopen': caseVerb(parts, 'case.reopened', kept),
    'POST /cases/{id}/note': caseVerb(parts, 'case.note', kept),
    'POST /cases/{id}/hold': caseVerb(parts, 'case.held', kept),
    'POST /cases/{id}/release': caseVerb(parts, 'case.released', kept),
    'POST /cases/{id}/steps': stepDone(parts),
    'POST /cases/{id}/merge': merge(parts),
    'POST /cases/{id}/split': split(parts),
    'POST /suppressions': createSuppression(parts),
    'POST /suppressions/{id}/approve': changeSuppression(parts, 'suppression.approved'),
    'DELETE /suppressions/{id}': changeSuppression(parts, 'suppression.expired'),
    'POST /intents': createIntent(parts),
    'POST /notifications': notified(parts),
  };
}
