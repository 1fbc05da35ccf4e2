/** THE order of the pipeline after normalisation: enrich, then these operators. Everything else follows from this list. */
import type { CaseKeeper, Detector } from '../contract/step.ts';
import { enrichEvent } from '../3-enrich/index.ts';
import { ledgerAnnotators } from '../4-ledger/index.ts';
import { featureAnnotators } from '../5-feature/index.ts';
import { annotateOperator } from '../engine/annotate-operator.ts';
import { caseOperator } from '../engine/case-operator.ts';
import type { EnrichDerived } from '../engine/derived-event.ts';
import { detectOperator } from '../engine/detect-operator.ts';
import type { Operator } from '../engine/operator.ts';

/**
 * The operators of one engine. `detector` gives the rules valid at a moment (epoch ms), so that an edit takes effect at
 * the same place of the stream in every run. `strangersMax`: entities no inventory knows, per tenant and kind (limits.ts).
 */
export function pipelineOperators(
  detector: (timeMs: number) => Detector,
  keeper: CaseKeeper,
  strangersMax?: number,
): readonly Operator[] {
  const enrich: EnrichDerived = (event, context) => enrichEvent(event, context.inventory);
  // At one key the ledger speaks before the features, which read what it found.
  const annotators = [...ledgerAnnotators, ...featureAnnotators];
  return [
    annotateOperator('principal', annotators, enrich, strangersMax),
    annotateOperator('account', annotators, enrich, strangersMax),
    annotateOperator('domain', annotators, enrich, strangersMax),
    annotateOperator('organisation', annotators, enrich, strangersMax),
    detectOperator(detector),
    caseOperator(keeper),
  ];
}
