/** Baselines that history taught, taken into the stream: `zonewarden backfill` against a running collector. */
import { value, type ApiHandler } from '../api/api-endpoint.ts';
import type { BaselineRequest } from '../contract/api.ts';
import { learnedDirective } from '../host/history-run.ts';
import { sha256Hex } from './digest.ts';
import { settled, type ApiParts } from './api-parts.ts';
import { tenantFor } from './api-changes.ts';

/** Handler of lessons. The same lesson again changes nothing. */
export function baselineHandlers(parts: ApiParts): Record<string, ApiHandler> {
  return {
    'POST /baselines': async (call) => {
      const { tenant: named, scope, id, rows } = call.body as BaselineRequest;
      const tenant = tenantFor(call, named);
      if (typeof tenant !== 'string') return tenant;
      await call.audit(tenant, `baseline ${scope} ${id}`, { rows: Object.keys(rows).sort() });
      const lesson = { tenant, scope, id, rows };
      await parts.collector.direct({ ...learnedDirective(lesson, call.identity.id, sha256Hex) });
      await settled(parts);
      return value({ accepted: true });
    },
  };
}
