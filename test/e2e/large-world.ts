/** A collector with a large portfolio: a generated inventory, and cases that came through the real intake. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deliverPatiently, eventually, startCollector, untilReady } from './collector-process.ts';

const secret = 'hook-secret';

/** A collector that is up. */
export interface LargeWorld {
  readonly base: string;
  readonly domains: number;
  readonly cases: number;
  readonly stop: () => Promise<void>;
}

function domainName(i: number): string {
  return `brand-${String(i).padStart(5, '0')}.example`;
}

function inventoryText(domains: number): string {
  const line = (i: number): string =>
    JSON.stringify({
      domain: domainName(i),
      tenant: 'acme',
      tier: i % 4,
      team: `team-${i % 12}`,
      owner: `owner-${i % 40}`,
      registrar_account: `registrar-${i % 5}/${1000 + (i % 50)}`,
      dns_provider: ['route53', 'cloudflare', 'dnsimple'][i % 3],
      critical_hosts: ['www'],
      approved: { records: [{ name: `www.${domainName(i)}`, type: 'A', values: ['192.0.2.1'] }] },
    });
  const teams = Array.from({ length: 12 }, (_, i) => `{id: team-${i}, tenant: acme}`).join(', ');
  return [
    'version: 1',
    'tenants: [{id: acme}]',
    `teams: [${teams}]`,
    'domains:',
    ...Array.from({ length: domains }, (_, i) => `  - ${line(i)}`),
    '',
  ].join('\n');
}

/** A critical record of the i-th domain that points elsewhere, as an outside probe saw it. */
function hostileChange(i: number): string {
  return JSON.stringify({
    id: `e-${i}`,
    timestamp: new Date().toISOString(),
    event_type: 'dns.record.updated',
    source_kind: 'answer_probe',
    domain: domainName(i),
    record_name: `www.${domainName(i)}`,
    record_type: 'A',
    old_value: ['192.0.2.1'],
    // Every change leads elsewhere: a shared target would make one case of them.
    new_value: [`198.18.${i >> 8}.${i & 255}`],
  });
}

async function deliver(base: string, body: string): Promise<void> {
  const status = await deliverPatiently(base, 'hook', secret, body);
  if (status !== 200) throw new Error(`the intake answered ${status}`);
}

async function caseCount(base: string): Promise<number> {
  const answer = await fetch(`${base}/api/v1/cases?state=open&limit=1`);
  return answer.ok ? ((await answer.json()) as { total: number }).total : 0;
}

/** Starts it and waits until every case is there. It listens on loopback and asks nobody for a token. */
export async function startLargeWorld(domains = 20_000, cases = 1000): Promise<LargeWorld> {
  const at = mkdtempSync(join(tmpdir(), 'zonewarden-large-'));
  writeFileSync(join(at, 'inventory.yaml'), inventoryText(domains));
  const config = join(at, 'zonewarden.yaml');
  writeFileSync(
    config,
    `version: 1
listen: 127.0.0.1:0
data: ${join(at, 'var')}
inventory: inventory.yaml
sources: [{id: hook, feed: webhook, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-signature, secret: {env: HOOK}}}]
sinks: []
`,
  );
  const collector = await startCollector(['--config', config], { HOOK: secret });
  const base = collector.url;
  const stop = async (): Promise<void> => {
    await collector.end('SIGTERM');
    rmSync(at, { recursive: true, force: true });
  };
  try {
    await untilReady(base);
    const spread = Math.floor(domains / cases);
    for (let i = 0; i < cases; i += 50)
      await Promise.all(
        Array.from({ length: Math.min(50, cases - i) }, (_, n) =>
          deliver(base, hostileChange((i + n) * spread)),
        ),
      );
    await eventually(`${cases} cases`, async () => ((await caseCount(base)) >= cases ? true : undefined));
  } catch (error) {
    await stop();
    throw error;
  }
  return { base, domains, cases, stop };
}
