/** Builds the parts of a virtual-time run from files: tables, rules, case keeper, operators. */
import type { Inventory } from '../contract/inventory.ts';
import type { Detector, StepContext } from '../contract/step.ts';
import { enrichForTenants } from '../3-enrich/index.ts';
import type { NetworkView } from '../3-enrich/enricher.ts';
import { createInventoryIndex } from '../3-enrich/inventory-index.ts';
import { SourceDirectory, stepContext, Versions, type EngineTables } from '../engine/surroundings.ts';
import type { EnrichArrival } from '../host/virtual-run.ts';
import type { Operator } from '../engine/operator.ts';
import { sha256Hex } from './digest.ts';
import { caseKeeper } from './case-keeper.ts';
import { pipelineOperators } from './pipeline.ts';

/** Parts that a virtual run needs. */
export interface ReplayParts {
  readonly tables: EngineTables;
  readonly operators: () => readonly Operator[];
  readonly enrich: EnrichArrival;
  /** Context at a moment, for readers of state. */
  readonly contextAt: (timeMs: number) => StepContext;
}

/** Parts over one inventory, one rule set and, when given, address databases, all valid for the whole run. */
export function replayParts(inventory: Inventory, detector: Detector, network?: NetworkView): ReplayParts {
  const tables: EngineTables = {
    inventory: new Versions(createInventoryIndex(inventory)),
    sources: new SourceDirectory(),
    sha256: sha256Hex,
  };
  return {
    tables,
    enrich: (event) => enrichForTenants(event, tables.inventory.latest(), network),
    operators: () => pipelineOperators(() => detector, caseKeeper()),
    contextAt: (timeMs) => stepContext(tables, timeMs, timeMs, false, false),
  };
}
