/** What importing a plan or ticket needs to know, from the inventory in force. */
import { intentImports, type ImportFacts } from '../3-enrich/intent-import/index.ts';
import type { Inventory } from '../contract/inventory.ts';
import { approvedValue } from '../leaf/approved-state.ts';
import { recordControl } from '../leaf/control-value.ts';
import { formatInstant } from '../leaf/time.ts';
import { sha256Hex } from './digest.ts';

/** Tools whose plans or tickets become intents. */
export type ImportTool = keyof typeof intentImports;

/** Who imports what, when, and for how long it counts unless the plan says otherwise. */
export interface ImportRequest {
  readonly tool: string;
  readonly tenant: string;
  readonly text: string;
  readonly atMs: number;
  readonly hours: number;
  readonly requestedBy?: string;
  readonly approvedBy?: string;
}

/** Facts of an import. The id of a plan that carries none is its digest: the same plan again is the same intent. */
export function importFacts(inventory: Inventory, request: ImportRequest): ImportFacts {
  const { tool, tenant, text, atMs, hours, requestedBy, approvedBy } = request;
  const own = new Map(
    (inventory.domains ?? []).filter((each) => each.tenant === tenant).map((each) => [each.domain, each]),
  );
  const domainOf = (name: string): string | undefined => {
    for (let rest = name; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '')
      if (own.has(rest)) return rest;
    return undefined;
  };
  return {
    tenant,
    knownAt: formatInstant(atMs),
    validUntil: formatInstant(atMs + Math.round(hours * 3_600_000)),
    id: `${tool}-${sha256Hex(text).slice(0, 12)}`,
    ...(requestedBy === undefined ? {} : { requestedBy }),
    ...(approvedBy === undefined ? {} : { approvedBy }),
    domainOf,
    currentSet: (name, type) => {
      const approved = approvedValue(recordControl(name, type), own.get(domainOf(name) ?? ''));
      return typeof approved === 'string' ? [approved] : approved;
    },
  };
}
