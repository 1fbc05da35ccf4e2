/** Exercises over the API. */
import { notFound, problem, value, type ApiCall, type ApiHandler } from '../api/api-endpoint.ts';
import { newestFirst, pageOf } from '../api/page.ts';
import type { DrillRequest, DrillView } from '../contract/api.ts';
import { instantMs } from '../host/instant-ms.ts';
import { tenantFor } from './api-changes.ts';
import { shownPerson, type ApiParts } from './api-parts.ts';

function shown(call: ApiCall, drill: DrillView): DrillView {
  return { ...drill, by: shownPerson(call, drill.tenant, drill.by) };
}

/** Handlers of drills. */
export function drillHandlers(parts: ApiParts): Record<string, ApiHandler> {
  return {
    'GET /drills': (call) => {
      const list = parts.drills.list(call.tenants);
      const key = (one: (typeof list)[number]): string =>
        `${newestFirst(instantMs(one.started_at))} ${one.id}`;
      return value(pageOf(list, key, call.page, (one) => shown(call, one)));
    },
    'GET /drills/{id}': (call) => {
      const found = parts.drills.view(call.tenants, call.params['id'] ?? '');
      return found === undefined ? notFound : value(shown(call, found));
    },
    'POST /drills': async (call) => {
      const { tenant: named, timeout_s: timeoutS, ...wanted } = call.body as DrillRequest;
      const tenant = tenantFor(call, named);
      if (typeof tenant !== 'string') return tenant;
      await call.audit(tenant, 'drill', wanted);
      const started = parts.drills.start({
        tenant,
        by: call.identity.id,
        ...wanted,
        ...(timeoutS === undefined ? {} : { timeoutMs: timeoutS * 1000 }),
      });
      return started.ok
        ? value({ accepted: true, id: started.value })
        : problem(409, 'not possible', started.failure.message);
    },
  };
}
