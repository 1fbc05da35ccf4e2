/** Every normaliser, one line each. Adding a feed: its file, its line here, its samples. */
import type { Normaliser } from '../contract/normaliser.ts';
import type { SourceName } from '../contract/source-name.ts';
import { awsCloudtrail } from './aws-cloudtrail/index.ts';
import { awsPublicQuerylog } from './aws-public-querylog.ts';
import { awsResolverQuerylog } from './aws-resolver-querylog.ts';
import { bindLog } from './bind-log.ts';
import { certstream } from './certstream.ts';
import { cloudflareAudit } from './cloudflare-audit/index.ts';
import { cloudflareDns } from './cloudflare-dns.ts';
import { dmarc } from './dmarc/dmarc.ts';
import { dnsXfr } from './dns-xfr.ts';
import { ct } from './ct/index.ts';
import { dnsimple } from './dnsimple.ts';
import { dnstap } from './dnstap.ts';
import { entra } from './entra/entra.ts';
import { githubAudit } from './github-audit/github-audit.ts';
import { googleWorkspace } from './google-workspace/google-workspace.ts';
import { m365Audit } from './m365-audit/m365-audit.ts';
import { okta } from './okta/okta.ts';
import { eppPoll } from './epp-poll/index.ts';
import { gcpDns } from './gcp-dns.ts';
import { rdap } from './rdap/index.ts';
import { answerProbe, delegationProbe } from './probe.ts';
import { unboundLog } from './unbound-log.ts';
import { webhook } from './webhook.ts';
import { zonestream } from './zonestream.ts';

/** All normalisers of this version, in the order of contract/source-name.ts. */
export const normalisers: readonly Normaliser[] = [
  zonestream,
  certstream,
  ct,
  dnsimple,
  cloudflareAudit,
  gcpDns,
  eppPoll,
  awsCloudtrail,
  rdap,
  cloudflareDns,
  awsResolverQuerylog,
  awsPublicQuerylog,
  dnsXfr,
  dnstap,
  bindLog,
  unboundLog,
  delegationProbe,
  answerProbe,
  okta,
  entra,
  googleWorkspace,
  githubAudit,
  m365Audit,
  dmarc,
  webhook,
];

const bySource: ReadonlyMap<string, Normaliser> = new Map(normalisers.map((each) => [each.source, each]));

/** The normaliser of a feed; undefined when this version has none for it. */
export function normaliserFor(source: SourceName): Normaliser | undefined {
  return bySource.get(source);
}
