/** Plans and change tickets posted as they are: the webhook of a change system, or the pipeline of DNS as code. */
import { notFound, problem, value, type ApiHandler } from '../api/api-endpoint.ts';
import { intentImports } from '../3-enrich/intent-import/index.ts';
import { tenantFor } from './api-changes.ts';
import { settled, type ApiParts } from './api-parts.ts';
import { importFacts, type ImportTool } from './intent-import.ts';
import { checkIntents } from './intents-file.ts';

const usualHours = 24;

function isTool(name: string): name is ImportTool {
  return Object.hasOwn(intentImports, name);
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
      const own = intents.find(({ requested_by: by }) => by === approvedBy);
      if (own !== undefined) return problem(409, 'not possible', 'nobody approves their own request');
      const checked = checkIntents('body', { version: 1, intents }, inventory);
      if (!checked.ok) {
        const [first] = checked.problems;
        return problem(422, 'not possible', `/${(first?.path ?? []).join('/')}: ${first?.message ?? ''}`);
      }
      for (const intent of checked.intents) {
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
