/** Every recorded sample of the registrar, DNS provider, cloud and certificate feeds against expectations written by hand. */
import { test } from 'node:test';
import { awsCloudtrail } from '../../../collector/src/2-normalise/aws-cloudtrail/index.ts';
import { cloudflareAudit } from '../../../collector/src/2-normalise/cloudflare-audit/index.ts';
import { ct } from '../../../collector/src/2-normalise/ct/index.ts';
import { dnsimple } from '../../../collector/src/2-normalise/dnsimple.ts';
import { eppPoll } from '../../../collector/src/2-normalise/epp-poll/index.ts';
import { gcpDns } from '../../../collector/src/2-normalise/gcp-dns.ts';
import { rdap } from '../../../collector/src/2-normalise/rdap/index.ts';
import { zonestream } from '../../../collector/src/2-normalise/zonestream.ts';
import { checkGolden } from './normalise-check.ts';

for (const normaliser of [zonestream, ct, dnsimple, awsCloudtrail, cloudflareAudit, gcpDns, eppPoll, rdap])
  test(`every ${normaliser.source} sample gives the expected facts`, async (t) => checkGolden(t, normaliser));
