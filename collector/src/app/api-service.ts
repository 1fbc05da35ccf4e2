/** What stands behind the API besides the collector: identity, audit log, actions; opened, run and closed together. */
import { join } from 'node:path';
import type { WebhookSource } from '../1-source/webhook/webhook-source.ts';
import type { OutgoingPolicy } from '../1-source/address-policy.ts';
import { createOutgoingClient } from '../1-source/outgoing-http.ts';
import { createGrafanaVerifier } from '../api/grafana-identity.ts';
import { mayPersonIn, type IdentitySettings } from '../api/identity.ts';
import type { Surroundings } from '../contract/component.ts';
import { ledgerControl } from '../contract/ledger.ts';
import { diffRuleSets, type RuleChange } from '../6-detect/rule-set.ts';
import { ActionDesk } from './action-desk.ts';
import { executorsOf } from './action-list.ts';
import { openActionStore, type ActionStore } from './action-store.ts';
import { domainState, personId, type ApiParts } from './api-parts.ts';
import { AuditLog } from './audit-log.ts';
import type { Collector } from './collector.ts';
import { identitySettings } from './config-access.ts';
import type { Config } from './config-schema.ts';
import { DrillDesk } from './drill-desk.ts';
import { PlaybookDesk } from './playbook-desk.ts';
import { SilenceWatch } from './silence-watch.ts';
import { openReadinessStore, type ReadinessStore } from './readiness-store.ts';
import { RestoreReadiness } from './restore-readiness.ts';
import { RuleProofs } from './rule-proofs.ts';
import { UnusableInput } from './unusable-input.ts';
import { version } from './version.ts';

/** What it is opened with. */
export interface ApiServiceOptions {
  readonly collector: Collector;
  readonly config: Config;
  readonly demo: boolean;
  readonly around: Surroundings;
  readonly policy: OutgoingPolicy;
}

/** The open service. `run` works until its signal aborts; `close` signs the audit log once more. */
export interface ApiService {
  readonly parts: ApiParts;
  readonly access: IdentitySettings;
  /** Intakes of drills, one per tenant. */
  readonly drillSources: readonly WebhookSource[];
  run(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const ruleChangesMax = 500;
const checkpointEveryMs = 60_000;
const statusEveryMs = 5000;

/** Where the audit log of a data directory lies. */
export function auditFolder(dataDirectory: string): string {
  return join(dataDirectory, 'audit');
}

function openActions(directory: string): ActionStore {
  const opened = openActionStore(join(directory, 'actions.sqlite'));
  if (opened.ok) return opened.value;
  throw new UnusableInput([`${opened.failure.path}: ${opened.failure.message}`]);
}

function openReadiness(directory: string): ReadinessStore {
  const opened = openReadinessStore(join(directory, 'readiness.sqlite'));
  if (opened.ok) return opened.value;
  throw new UnusableInput([`${opened.failure.path}: ${opened.failure.message}`]);
}

/** Opens audit log and action store and builds what the routes need. Throws UnusableInput for what cannot be used. */
export async function openApiService(options: ApiServiceOptions): Promise<ApiService> {
  const { collector, config, demo, around, policy } = options;
  const client = createOutgoingClient(policy, { nowMs: around.nowMs, userAgent: `zonewarden/${version}` });
  const { grafana } = config.api;
  const readKeySet = async (url: string): Promise<string> => {
    const answer = await client(
      { url, answerBytesMax: 1024 * 1024, timeoutMs: 5000 },
      new AbortController().signal,
    );
    if (!answer.ok) throw new Error(answer.failure.message);
    if (answer.value.status !== 200) throw new Error(`the key set answered ${answer.value.status}`);
    return Buffer.from(answer.value.body).toString('utf8');
  };
  const verify =
    grafana === undefined
      ? undefined
      : createGrafanaVerifier(
          {
            jwksUrl: grafana.jwks_url,
            issuer: grafana.issuer,
            ...(grafana.audience === undefined ? {} : { audience: grafana.audience }),
          },
          readKeySet,
          (message) => around.log('warn', `a signed Grafana identity was refused: ${message}`),
        );
  const audit = await AuditLog.open({
    directory: auditFolder(config.data),
    nowMs: around.nowMs,
    log: around.log,
  });
  const store = openActions(config.data);
  const readinessStore = openReadiness(config.data);
  const executors = executorsOf(config.actions, { client, around });
  const access = identitySettings(config.api, { listenHost: config.listen.host, demo }, verify);
  const mayApprove = (tenant: string, person: string): boolean =>
    mayPersonIn(access, tenant, 'approver', person, (one) => personId({ collector }, one));
  const actions = new ActionDesk({ collector, store, executors, around, mayApprove });
  const readiness = new RestoreReadiness({
    executors,
    inventory: () => collector.current.inventory,
    store: readinessStore,
    around,
    seen: (tenant, domain, control) => {
      const state = domainState({ collector }, tenant, domain);
      const view = state === undefined ? undefined : ledgerControl(state, control)?.seen;
      return view === undefined ? undefined : { value: view[0], atMs: view[2] };
    },
  });
  const playbooks = new PlaybookDesk({ collector, around });
  const silences = new SilenceWatch({ collector, audit, places: config.silences, client, around });
  await silences.recall();
  const drills = new DrillDesk({ collector, audit, around });
  await drills.recall();
  const proofs = new RuleProofs(around.nowMs, () => drills.demonstrations());
  const drillSources = drills.sources(collector.current.tenants);
  await audit.append({
    tenant: '*',
    by: 'system',
    action: 'collector.started',
    object: 'configuration',
    details: {
      version,
      inventory: collector.tables.inventory.latest().version,
      rules: collector.current.rules.ruleSet.digest,
      executors: executors.map(({ id }) => id),
    },
  });
  return {
    parts: { collector, demo, version, around, audit, actions, proofs, drills, readiness, silences },
    drillSources,
    access,
    async run(signal) {
      const intakes = drillSources.map((source) => source.run(collector.intake, signal));
      await Promise.all([
        ...intakes,
        actions.run(signal),
        readiness.run(signal),
        playbooks.run(signal),
        silences.run(signal),
        keepAudit(options, audit, signal),
      ]);
      await drills.stop();
    },
    async close() {
      await audit.append({ tenant: '*', by: 'system', action: 'collector.stopped', object: 'configuration' });
      await audit.close();
      store.close();
      readinessStore.close();
    },
  };
}

/** Writes changes of inventory and rules into the audit log, signs it every minute, and tells watchers how things stand. */
async function keepAudit(options: ApiServiceOptions, audit: AuditLog, signal: AbortSignal): Promise<void> {
  const { collector, around } = options;
  const now = (): Record<string, string> => ({
    inventory: collector.tables.inventory.latest().version,
    rules: collector.current.rules.ruleSet.digest,
  });
  let known = now();
  let rules = collector.current.rules.ruleSet;
  const ruleChanges = (): { changes: RuleChange[] } => {
    const changes = diffRuleSets(rules, collector.current.rules.ruleSet).slice(0, ruleChangesMax);
    rules = collector.current.rules.ruleSet;
    return { changes };
  };
  let signedMs = around.nowMs();
  let saidReady: boolean | undefined;
  let saidMs = 0;
  const look = async (): Promise<void> => {
    const seen = now();
    for (const [name, digest] of Object.entries(seen)) {
      if (known[name] === digest) continue;
      const details = { before: known[name], after: digest, ...(name === 'rules' ? ruleChanges() : {}) };
      await audit.append({ tenant: '*', by: 'system', action: `${name}.changed`, object: name, details });
    }
    known = seen;
    const ready = collector.ready();
    if (ready !== saidReady || around.nowMs() - saidMs >= statusEveryMs) {
      saidReady = ready;
      saidMs = around.nowMs();
      collector.live.publish({
        tenant: '*',
        event: 'status',
        data: { ready, lag_ms: collector.figures.lagMs },
      });
    }
    if (around.nowMs() - signedMs < checkpointEveryMs) return;
    signedMs = around.nowMs();
    await audit.checkpoint();
  };
  while (!signal.aborted) {
    await around.sleep(1000, signal).catch(() => undefined);
    // A disk that refuses now may take it a second later; until then every change that needs an entry is refused.
    await look().catch((error: unknown) => around.log('error', `audit log: ${String(error)}`));
  }
}
