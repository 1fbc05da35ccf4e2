/** Every format intents can be imported from; one line each. */
import { intentsFromDnscontrol } from './dnscontrol.ts';
import type { IntentImport } from './import-facts.ts';
import { intentsFromOctodns } from './octodns.ts';
import { intentsFromTerraform } from './terraform.ts';
import { intentsFromJira, intentsFromServiceNow } from './ticket.ts';

/** Imports by the name of their tool. Signed files need a key and stand apart (signed-file.ts). */
export const intentImports = {
  dnscontrol: intentsFromDnscontrol,
  octodns: intentsFromOctodns,
  terraform: intentsFromTerraform,
  servicenow: intentsFromServiceNow,
  jira: intentsFromJira,
} as const satisfies Readonly<Record<string, IntentImport>>;

export { intentsFromSignedFile, type VerifySignature } from './signed-file.ts';
export type { ImportedIntents, ImportFacts } from './import-facts.ts';
