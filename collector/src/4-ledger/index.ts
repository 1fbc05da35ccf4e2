/** Stage 4: what is, since when, who says so, and whether it was meant. */
import type { Annotator } from '../contract/step.ts';
import { accountIntents, principalIntents } from './account-intents.ts';
import { accountLedger } from './account-ledger.ts';
import { attribution } from './attribution.ts';
import { coverageLedger } from './coverage.ts';
import { certificateIntents } from './certificate-intents.ts';
import { changeLedger } from './domain-ledger.ts';
import { domainIntents } from './intents.ts';
import { accountSources, domainSources, principalSources } from './heard-sources.ts';
import { principalLedger } from './principal-ledger.ts';
import { contactMailboxes, resetLedger } from './reset-ledger.ts';
import { tokenLedger } from './token-ledger.ts';

/** All annotators of the ledger; within a scope the order matters: facts, then approval, then attribution. */
export const ledgerAnnotators: readonly Annotator[] = [
  principalSources,
  principalIntents,
  principalLedger,
  accountSources,
  accountIntents,
  accountLedger,
  tokenLedger,
  domainSources,
  changeLedger,
  domainIntents,
  certificateIntents,
  attribution,
  resetLedger,
  contactMailboxes,
  coverageLedger,
];
