/** Plans and change tickets posted as they are: the webhook of a change system, or the pipeline of DNS as code. */
import { notFound, problem, value, type ApiCall, type ApiHandler } from '../api/api-endpoint.ts';
import type { Intent, IntentChange } from '../contract/inventory.ts';
import { instantMs } from '../host/instant-ms.ts';
import { formatInstant } from '../leaf/time.ts';
import { intentImports } from '../3-enrich/intent-import/index.ts';
import { tenantFor } from './api-changes.ts';
import { settled, type ApiParts } from './api-parts.ts';
import { importFacts, type ImportTool } from './intent-import.ts';
import { checkIntents } from './intents-file.ts';

const usualHours = 24;

function isTool(name: string): name is ImportTool {
  return Object.hasOwn(intentImports, name);
}

/** The intent that an earlier webhook about this ticket left, when it still counts. */
function knownTicket(parts: ApiParts, tenant: string, id: string): Intent | undefined {
  const known = parts.collector.host.book.intents.get(`${tenant}|${id}`);
  if (known?.source !== 'ticket') return undefined;
  return instantMs(known.valid_until) > parts.around.nowMs() ? known : undefined;
}

/** What was done under the approval stays approved; from now on it approves nothing. */
async function end(parts: ApiParts, call: ApiCall, intent: Intent): Promise<void> {
  const nowMs = parts.around.nowMs();
  const ended = {
    ...intent,
    valid_from: formatInstant(Math.min(instantMs(intent.valid_from), nowMs)),
    valid_until: formatInstant(nowMs),
  };
  await call.audit(intent.tenant, `intent ${intent.id} ended`, { ...ended });
  await parts.collector.approve(ended);
}

/** Each object holds its own part of an intent: one that a changed ticket no longer names must be told. */
function isStillAbout({ domain, account, principal }: IntentChange, intent: Intent): boolean {
  return intent.changes.some(
    (each) => each.domain === domain && each.account === account && each.principal === principal,
  );
}

/**
 * Handler of imports. What the plan leaves open approves nothing and is named in the answer; an intent that is known already
 * is replaced, as a ticket is changed.
 */
export function intentImportHandlers(parts: ApiParts): Record<string, ApiHandler> {
  return {
    'POST /intents/import/{tool}': async (call) => {
      const tool = call.params['tool'] ?? '';
      if (!isTool(tool)) return notFound;
      const tenant = tenantFor(call, undefined);
      if (typeof tenant !== 'string') return tenant;
      const text = JSON.stringify(call.body);
      const { inventory } = parts.collector.current;
      const { id: approvedBy } = call.identity;
      const request = { tool, tenant, text, atMs: parts.around.nowMs(), hours: usualHours, approvedBy };
      const outcome = intentImports[tool](text, importFacts(inventory, request));
      if (!outcome.ok)
        return problem(422, 'not possible', `${outcome.failure.path}: ${outcome.failure.message}`);
      const { intents, refused } = outcome.value;
      if (outcome.value.calledOff !== undefined) {
        const before = knownTicket(parts, tenant, outcome.value.calledOff);
        if (before !== undefined) {
          await end(parts, call, before);
          await settled(parts);
          return value({ accepted: true, id: before.id, withdrawn: true });
        }
      }
      const own = intents.find(({ requested_by: by }) => by === approvedBy);
      if (own !== undefined) return problem(409, 'not possible', 'nobody approves their own request');
      const checked = checkIntents('body', { version: 1, intents }, inventory);
      if (!checked.ok) {
        const [first] = checked.problems;
        return problem(422, 'not possible', `/${(first?.path ?? []).join('/')}: ${first?.message ?? ''}`);
      }
      for (const intent of checked.intents) {
        const before = knownTicket(parts, tenant, intent.id);
        if (before?.changes.some((change) => !isStillAbout(change, intent)) === true)
          await end(parts, call, before);
        await call.audit(tenant, `intent ${intent.id}`, { ...intent });
        await parts.collector.approve(intent);
      }
      await settled(parts);
      const ids = checked.intents.map(({ id }) => id);
      const open = refused.map(({ path, message }) => `${path}: ${message}`);
      if (ids.length === 0)
        return problem(
          422,
          'approves nothing',
          open.length === 0 ? 'the plan changes nothing' : open.join('; '),
        );
      return value({ accepted: true, id: ids.join(' '), ...(open.length === 0 ? {} : { refused: open }) });
    },
  };
}
