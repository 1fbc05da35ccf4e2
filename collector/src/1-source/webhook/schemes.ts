/** Every way of proving a delivery, by its configuration name. */
import type { SchemeSettings, Verify } from './delivery.ts';
import { genericHmac } from './generic-hmac.ts';
import { github } from './github.ts';
import { okta } from './okta.ts';
import { sharedHeader } from './shared-header.ts';
import { standardWebhooks } from './standard-webhooks.ts';
import { unsigned } from './unsigned.ts';

/** Name of a scheme. */
export type SchemeName = 'standard-webhooks' | 'github' | 'okta' | 'header' | 'hmac' | 'none';

/** Scheme name to its verifier. One line per scheme. */
export const schemes: Readonly<Record<SchemeName, (settings: SchemeSettings) => Verify>> = {
  'standard-webhooks': standardWebhooks,
  github,
  okta,
  header: sharedHeader,
  hmac: genericHmac,
  none: unsigned,
};
