/** Proposals and what becomes of them. */
import { randomUUID } from 'node:crypto';
import { notFound, problem, value, type ApiCall, type ApiHandler } from '../api/api-endpoint.ts';
import { newestFirst, pageOf } from '../api/page.ts';
import type { ActionView, ProposalRequest } from '../contract/api.ts';
import type { Case } from '../contract/case.ts';
import { instantMs } from '../host/instant-ms.ts';
import { approve, confirmed, executed, reject } from '../7-case/actions.ts';
import type { ProposedAction } from '../7-case/case-record.ts';
import { caseOfAction } from '../7-case/readers.ts';
import { caseNamed, direct } from './api-changes.ts';
import { caseFor, caseState, proposalsOf, settled, shownPerson, type ApiParts } from './api-parts.ts';

function proposed(parts: ApiParts): ApiHandler {
  return async (call) => {
    const found = caseFor(parts, call, call.params['id'] ?? '');
    if (found === undefined) return notFound;
    const { what, destructive, step, plan } = call.body as ProposalRequest;
    if (found.state === 'closed' || found.state === 'merged')
      return problem(409, 'not possible now', `the case is ${found.state}`);
    const asked = {
      ...(what === undefined ? {} : { what }),
      ...(destructive === undefined ? {} : { destructive }),
      ...(step === undefined ? {} : { step }),
    };
    if (plan !== undefined) {
      await call.audit(found.tenant, `case ${found.case_id}`, { ...asked, plan });
      const outcome = await parts.actions.propose({ case: found, plan, by: call.identity.id, ...asked });
      if (!outcome.ok)
        return problem(422, 'not possible', `${outcome.failure.path}: ${outcome.failure.message}`);
      await settled(parts);
      return value({ accepted: true, id: outcome.value });
    }
    if (what === undefined) return problem(400, 'bad body', '/what: say what is to be done, or give a plan');
    const id = randomUUID();
    await call.audit(found.tenant, `action ${id}`, asked);
    await direct(parts, {
      type: 'action.proposed',
      tenant: found.tenant,
      by: call.identity.id,
      data: { ...caseNamed(parts, found), ...asked, action_id: id },
    });
    return value({ accepted: true, id });
  };
}

/** The proposal and its case; undefined when there is none the caller may decide on. */
function proposalFor(
  parts: ApiParts,
  call: ApiCall,
  id: string,
): { readonly about: Case; readonly proposal: ProposedAction } | undefined {
  const { host } = parts.collector;
  for (const tenant of call.tenants) {
    const state = caseState(parts, tenant);
    const engineId = state === undefined ? undefined : caseOfAction(state, id);
    if (engineId === undefined) continue;
    let about = host.book.cases.get(host.engine.publication.publicCaseId(engineId));
    for (let hops = 0; hops < 16 && about?.merged_into != null; hops++)
      about = host.book.cases.get(about.merged_into);
    const proposal =
      about === undefined ? undefined : proposalsOf(parts, about).find(({ action_id: one }) => one === id);
    if (about !== undefined && proposal !== undefined) return { about, proposal };
  }
  return undefined;
}

/** What people say about an action, each with the keeper's own rule. */
const verdicts = {
  approved: (action: ProposedAction, by: string, nowMs: number) => approve(action, by, nowMs),
  rejected: (action: ProposedAction, by: string) => reject(action, by),
  executed: (action: ProposedAction, by: string) => executed(action, by, ''),
  confirmed: (action: ProposedAction, by: string) => confirmed(action, by, by),
} as const;

function decided(parts: ApiParts, verb: keyof typeof verdicts): ApiHandler {
  return async (call) => {
    const id = call.params['id'] ?? '';
    const found = proposalFor(parts, call, id);
    if (found === undefined) return notFound;
    const { about, proposal } = found;
    // The keeper's own rule on a copy: page and stream never disagree.
    const copy = structuredClone(proposal);
    const outcome = verdicts[verb](copy, call.identity.id, parts.around.nowMs());
    if (!outcome.ok) return problem(409, 'not possible', outcome.reason);
    const more = { ...(call.body as { reason?: string; result?: string } | undefined) };
    await call.audit(about.tenant, `action ${id}`, { verb, what: proposal.what, ...more });
    await direct(parts, {
      type: `action.${verb}`,
      tenant: about.tenant,
      by: call.identity.id,
      data: { ...caseNamed(parts, about), action_id: id, ...more },
    });
    return value({ accepted: true, id });
  };
}

/** An action as the caller may see it. */
export function shownAction(call: ApiCall, action: ActionView): ActionView {
  return { ...action, proposed_by: shownPerson(call, action.tenant, action.proposed_by) };
}

/** Handlers of actions. */
export function actionHandlers(parts: ApiParts): Record<string, ApiHandler> {
  return {
    'POST /cases/{id}/actions': proposed(parts),
    'POST /actions/{id}/approve': decided(parts, 'approved'),
    'POST /actions/{id}/reject': decided(parts, 'rejected'),
    'POST /actions/{id}/executed': decided(parts, 'executed'),
    'POST /actions/{id}/confirmed': decided(parts, 'confirmed'),
    'GET /actions': (call) => {
      const inCase = call.query.get('case');
      const state = call.query.get('state');
      const list = parts.actions
        .list(call.tenants)
        .filter((one) => (inCase ?? one.case_id) === one.case_id && (state ?? one.state) === one.state);
      const key = (one: (typeof list)[number]): string =>
        `${newestFirst(instantMs(one.proposed_at))} ${one.id}`;
      return value(pageOf(list, key, call.page, (one) => shownAction(call, one)));
    },
    'GET /actions/{id}': (call) => {
      const id = call.params['id'] ?? '';
      const found = call.tenants
        .map((tenant) => parts.actions.view(tenant, id))
        .find((one) => one !== undefined);
      return found === undefined ? notFound : value(shownAction(call, found));
    },
  };
}
