/** Events through the whole pipeline in virtual time, as `zonewarden replay` runs them, with the shipped rules. */
import { detectorFrom, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { replayParts } from '../../collector/src/app/replay-parts.ts';
import { caseKeeper } from '../../collector/src/app/case-keeper.ts';
import { readControlScore } from '../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../collector/src/contract/event.ts';
import type { Intent, Inventory } from '../../collector/src/contract/inventory.ts';
import { runReplay, type ReplayResult } from '../../collector/src/host/replay-run.ts';

/** What a run is given; all of it but `inventory` may be absent. */
export interface PlayInput {
  readonly inventory: Inventory;
  readonly intents?: readonly Intent[];
  readonly warmup?: readonly CanonicalEvent[];
  readonly events?: readonly CanonicalEvent[];
}

const shipped = detectorFrom([shippedRulesPath()]);

/** Final results of one run. */
export async function played(input: PlayInput): Promise<ReplayResult> {
  const { detector } = await shipped;
  return runReplay({
    parts: replayParts(input.inventory, detector),
    inventory: input.inventory,
    intents: input.intents ?? [],
    warmup: input.warmup ?? [],
    events: input.events ?? [],
    readScore: readControlScore,
    riskOf: (state, tenant, domain, context) => caseKeeper().riskOf(state, tenant, domain, context),
  });
}
