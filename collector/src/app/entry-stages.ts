/** Stages 2 and 3 as the host uses them, over the tables of one collector. */
import type { Inventory } from '../contract/inventory.ts';
import type { EventDraft } from '../contract/normaliser.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { Detector } from '../contract/step.ts';
import { normaliserFor } from '../2-normalise/index.ts';
import { normaliseRecord } from '../2-normalise/normalise-record.ts';
import { concernsSomebody, enrichForTenants } from '../3-enrich/index.ts';
import { createInventoryIndex, inventoryVersion } from '../3-enrich/inventory-index.ts';
import type { RuleFile } from '../6-detect/sigma-document.ts';
import type { Versions } from '../engine/surroundings.ts';
import type { NetworkView } from '../3-enrich/enricher.ts';
import type { EntryStages } from '../host/entry-processor.ts';
import type { CurrentDocuments } from './current-documents.ts';
import { sha256Hex } from './digest.ts';
import { imitatesSomebody, imitationsForTenants } from './lookalike-filter.ts';
import { compileRules } from './rule-files.ts';

/**
 * Stage functions; new rules go into `detectors` from the moment they were logged. `current`, when given, is told of every
 * document taken over; `network` gives the address databases in force.
 */
export function entryStages(
  detectors: Versions<Detector>,
  current?: CurrentDocuments,
  network: () => NetworkView | undefined = () => undefined,
): EntryStages {
  const context = { sha256: sha256Hex };
  return {
    normalise(record, ingestMs, inventory) {
      const normaliser = normaliserFor(record.source);
      if (normaliser === undefined)
        return failed('wrong_source', `this version has no normaliser for ${record.source}`);
      const isWanted = (draft: EventDraft): boolean =>
        concernsSomebody(draft, record, inventory) || imitatesSomebody(draft, inventory);
      const outcome = normaliseRecord(record, normaliser, ingestMs, context, isWanted);
      if (!outcome.ok) return outcome;
      const { events, duplicateCount: duplicates, unrelated } = outcome.value;
      return succeeded({ events, duplicates, unrelated });
    },
    enrich: (event, inventory) => [
      ...enrichForTenants(event, inventory, network()),
      ...imitationsForTenants(event, inventory, network()),
    ],
    inventoryOf: (document, known) => {
      const inventory = document as Inventory;
      // The log's first entry says what the file said: two copies of 200,000 domains are 60 MB.
      const version = inventoryVersion(inventory);
      if (version === known.version) return known;
      current?.useInventory(inventory);
      return createInventoryIndex(inventory, version);
    },
    useRules: (document, fromMs) => {
      const { files } = document as { files: RuleFile[] };
      const { detector, ruleSet } = compileRules(files);
      current?.useRules({ ruleSet, files });
      if (detector.digest !== detectors.latest().digest) detectors.add(fromMs, detector);
    },
  };
}
