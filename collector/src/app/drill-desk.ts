/**
 * Drills: a labelled incident on a canary domain goes in through the real intake and is followed, hop by hop, until every
 * sink has it. The label keeps it from paging; what does not arrive in time is a missed drill.
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { DrillView } from '../contract/api.ts';
import type { Surroundings } from '../contract/component.ts';
import type { Finding } from '../contract/finding.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import { createSecret } from '../leaf/secret.ts';
import { formatInstant } from '../leaf/time.ts';
import { instantMs } from '../host/instant-ms.ts';
import type { Demonstration } from '../6-detect/proof.ts';
import { createWebhookSource, type WebhookSource } from '../1-source/webhook/webhook-source.ts';
import type { AuditLog } from './audit-log.ts';
import type { Collector } from './collector.ts';
import { drillStories, type DrillStory } from './drill-stories.ts';

/** What the desk works with. */
export interface DrillParts {
  readonly collector: Collector;
  readonly audit: AuditLog;
  readonly around: Surroundings;
}

interface Hop {
  name: string;
  afterMs: number | null;
  detail: string;
}

interface Drill {
  readonly id: string;
  readonly story: DrillStory;
  readonly domain: InventoryDomain;
  readonly by: string;
  readonly startedMs: number;
  readonly timeoutMs: number;
  finishedMs: number | null;
  readonly hops: Hop[];
  finding: Finding | undefined;
  /** Where the signal log ended when the drill began. */
  readonly signalsFrom: number;
  /** Signals up to here must reach every sink; undefined until they are written. */
  signalsEnd: number | undefined;
}

const keptDrills = 200;
const lookEveryMs = 20;
/** Nothing beats for these sources: they must never count as silent. */
const noHeartbeatMs = 10 * 365 * 86_400_000;

/** Starts drills and follows them. */
export class DrillDesk {
  readonly #parts: DrillParts;
  readonly #secret = randomBytes(32).toString('hex');
  readonly #drills = new Map<string, Drill>();
  readonly #demonstrations: Demonstration[] = [];
  readonly #running = new Set<Promise<void>>();
  #url = '';
  #stopped = false;

  constructor(parts: DrillParts) {
    this.#parts = parts;
  }

  /** Says where the collector listens; drills go in there like any delivery. */
  listensOn(url: string): void {
    this.#url = url;
  }

  /** One intake per tenant, signed with a secret that lives as long as this process. */
  sources(tenants: readonly string[]): WebhookSource[] {
    return tenants.map((tenant) =>
      createWebhookSource(
        {
          identity: {
            tenant,
            id: `drill-${tenant}`,
            feed: 'drill',
            kind: 'manual',
            intervalMs: noHeartbeatMs,
          },
          feed: 'webhook',
          scheme: 'hmac',
          schemeSettings: { secret: createSecret(this.#secret), header: 'x-drill-signature' },
          bodyBytesMax: 16 * 1024,
          acceptCompressed: false,
          ratePerSecond: 10,
        },
        this.#parts.around,
      ),
    );
  }

  /** Passed and missed drills of this and earlier processes, for the proof of rules. */
  demonstrations(): readonly Demonstration[] {
    return this.#demonstrations;
  }

  /** Reads earlier drills back from the audit log. */
  async recall(): Promise<void> {
    const entries = await this.#parts.audit.list({
      limit: keptDrills,
      wants: ({ fact }) => fact.action === 'drill.finished',
    });
    for (const { fact } of entries.reverse()) {
      const { name, passed, detections, at_ms: atMs } = fact.details ?? {};
      if (typeof name !== 'string' || !Array.isArray(detections) || typeof atMs !== 'number') continue;
      for (const detection of detections)
        this.#demonstrations.push({
          detection: String(detection),
          kind: 'drill',
          name,
          passed: passed === true,
          atMs,
        });
    }
  }

  /** Sends the incident and returns at once; fails when there is no such story or no canary domain. */
  start(request: {
    tenant: string;
    name?: string;
    domain?: string;
    by: string;
    timeoutMs?: number;
    notified?: boolean;
  }): Outcome<string> {
    const { tenant, name, domain: wanted, by } = request;
    const story = name === undefined ? drillStories[0] : drillStories.find((one) => one.name === name);
    if (story === undefined)
      return failed(
        'bad_field',
        `there is no drill ${name}; known: ${drillStories.map((one) => one.name).join(', ')}`,
      );
    const canaries = this.#parts.collector.tables.inventory
      .latest()
      .domains(tenant)
      .filter(({ canary }) => canary === true);
    const domain = wanted === undefined ? canaries[0] : canaries.find((one) => one.domain === wanted);
    if (domain === undefined)
      return failed(
        'bad_field',
        `tenant ${tenant} has no canary domain${wanted === undefined ? '' : ` ${wanted}`}; mark one in the inventory with "canary: true"`,
      );
    const refused = story.refuses?.(domain);
    if (refused !== undefined) return failed('bad_field', `${story.name} on ${domain.domain}: ${refused}`);
    const startedMs = this.#parts.around.nowMs();
    const drill: Drill = {
      id: randomUUID(),
      story,
      domain,
      by,
      startedMs,
      timeoutMs: request.timeoutMs ?? 30_000,
      finishedMs: null,
      hops: [
        'accepted',
        'event',
        'finding',
        'case',
        ...this.#sinkHops(),
        ...(request.notified === true ? ['notification'] : []),
      ].map((hop) => ({
        name: hop,
        afterMs: null,
        detail: '',
      })),
      finding: undefined,
      signalsFrom: this.#parts.collector.stores.signals.end,
      signalsEnd: undefined,
    };
    this.#drills.set(drill.id, drill);
    if (this.#drills.size > keptDrills) this.#drills.delete(this.#drills.keys().next().value ?? '');
    const work = this.#follow(drill).catch((error: unknown) => {
      this.#parts.around.log('error', `drill ${drill.id}: ${String(error)}`);
    });
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
    return succeeded(drill.id);
  }

  /** One drill; undefined when it is not known or of another tenant. */
  view(tenants: readonly string[], id: string): DrillView | undefined {
    const drill = this.#drills.get(id);
    return drill === undefined || !tenants.includes(drill.domain.tenant) ? undefined : viewOf(drill);
  }

  /** Drills of these tenants since the start, newest first. */
  list(tenants: readonly string[]): DrillView[] {
    return [...this.#drills.values()]
      .filter(({ domain }) => tenants.includes(domain.tenant))
      .reverse()
      .map(viewOf);
  }

  /** Gives up what is under way; resolves when nothing is. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#running);
  }

  #sinkHops(): string[] {
    return this.#parts.collector.outboxes.map((outbox) => `sink ${outbox.stats().sink}`);
  }

  async #send(drill: Drill, event: Record<string, unknown>, suffix: string): Promise<string> {
    const { tenant } = drill.domain;
    const body = JSON.stringify({
      ...event,
      id: `drill-${drill.id}-${suffix}`,
      request_id: `drill-${drill.id}`,
      timestamp: formatInstant(this.#parts.around.nowMs()),
      actor_id: 'drill:zonewarden',
      source_system: 'zonewarden-drill',
      source: { drill: true, drill_id: drill.id, drill_name: drill.story.name },
    });
    const answer = await fetch(`${this.#url}/ingest/drill-${encodeURIComponent(tenant)}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-drill-signature': createHmac('sha256', this.#secret).update(body).digest('hex'),
      },
      body,
      redirect: 'error',
    });
    await answer.arrayBuffer();
    return answer.ok ? '' : `the intake answered ${answer.status}`;
  }

  async #follow(drill: Drill): Promise<void> {
    const { around, audit } = this.#parts;
    const { tenant } = drill.domain;
    const never = new AbortController().signal;
    const refused = await this.#send(drill, drill.story.attack(drill.domain), 'attack').catch(
      (error: unknown) => `the intake could not be reached: ${String(error)}`,
    );
    this.#reach(drill, 'accepted', refused, refused === '');
    const untilMs = drill.startedMs + drill.timeoutMs;
    while (refused === '' && !this.#stopped && around.nowMs() < untilMs && !(await this.#look(drill)))
      await around.sleep(lookEveryMs, never);
    await this.#send(drill, drill.story.undo(drill.domain), 'undo').catch(() => undefined);
    drill.finishedMs = around.nowMs();
    const passed = isPassed(drill);
    const detections = [drill.finding?.detection ?? drill.story.proves];
    for (const detection of detections)
      this.#demonstrations.push({
        detection,
        kind: 'drill',
        name: drill.story.name,
        passed,
        atMs: drill.finishedMs,
      });
    const missing = drill.hops.filter(({ afterMs }) => afterMs === null).map(({ name }) => name);
    if (!passed && !this.#stopped) this.#raiseMiss(drill, missing);
    await audit.append({
      tenant,
      by: drill.by,
      action: 'drill.finished',
      object: `drill ${drill.id}`,
      details: { name: drill.story.name, passed, detections, missing, at_ms: drill.finishedMs },
    });
  }

  /** A missed drill is blindness like a silent source, and raised as such: a finding of its own, not part of the drill. */
  #raiseMiss(drill: Drill, missing: readonly string[]): void {
    const { collector, around } = this.#parts;
    const { tenant, domain } = drill.domain;
    const reason = `drill ${drill.story.name} on ${domain} was missed: ${missing.join(', ')} not reached`;
    around.log('error', reason);
    const source = {
      tenant,
      id: 'drill',
      feed: 'drill',
      kind: 'pipeline',
      intervalMs: noHeartbeatMs,
    } as const;
    collector.intake.gap(source, drill.startedMs, drill.finishedMs ?? around.nowMs(), reason);
  }

  #reach(drill: Drill, name: string, detail: string, reached = true): void {
    const hop = drill.hops.find((one) => one.name === name);
    if (hop === undefined || hop.afterMs !== null) return;
    hop.detail = detail;
    if (reached) hop.afterMs = this.#parts.around.nowMs() - drill.startedMs;
  }

  /** Notes the hops that were reached since the last look; true when all are. */
  async #look(drill: Drill): Promise<boolean> {
    const { host, outboxes, stores } = this.#parts.collector;
    drill.finding ??= this.#findingOf(drill);
    const { finding } = drill;
    if (finding === undefined) return false;
    this.#reach(drill, 'event', finding.evidence_event_ids[0] ?? '');
    this.#reach(drill, 'finding', `${finding.detection} ${finding.finding_id}`);
    const found = finding.case_id === null ? undefined : host.book.cases.get(finding.case_id);
    if (found?.drill === true && found.finding_ids.includes(finding.finding_id))
      this.#reach(drill, 'case', found.case_id);
    const receipt = found?.timeline.find(
      ({ kind, at }) => kind === 'notification' && instantMs(at) >= drill.startedMs,
    );
    if (receipt !== undefined) this.#reach(drill, 'notification', receipt.text);
    drill.signalsEnd ??= await this.#signalsEnd(drill, finding);
    if (drill.signalsEnd === undefined) return isPassed(drill);
    for (const outbox of outboxes) {
      const { sink, backlog, isUp } = outbox.stats();
      if (stores.signals.end - backlog >= drill.signalsEnd) this.#reach(drill, `sink ${sink}`, 'delivered');
      else if (!isUp) this.#reach(drill, `sink ${sink}`, 'the endpoint does not answer', false);
    }
    return isPassed(drill);
  }

  /** Behind the signals of this finding and of the cases written with it; undefined while it is not written. */
  async #signalsEnd(drill: Drill, finding: Finding): Promise<number | undefined> {
    const { signals } = this.#parts.collector.stores;
    const batch = await signals.read(drill.signalsFrom, 4 * 1024 * 1024);
    const mine = batch.signals.findIndex(
      ({ signal }) => signal.kind === 'finding' && signal.key.startsWith(`${finding.finding_id}.`),
    );
    if (mine < 0) return undefined;
    const last = batch.signals.findLast(({ signal }) => signal.kind === 'case' || signal.kind === 'finding');
    return last?.next;
  }

  /** The gravest finding that stands on this drill's own event and is labelled as one. */
  #findingOf(drill: Drill): Finding | undefined {
    const { book } = this.#parts.collector.host;
    let gravest: Finding | undefined;
    for (const finding of book.findings.values()) {
      if (!finding.drill || finding.tenant !== drill.domain.tenant || finding.case_id === null) continue;
      const own = finding.evidence_event_ids.some(
        (id) => book.evidence.get(id)?.request_id === `drill-${drill.id}`,
      );
      if (own && finding.severity_score > (gravest?.severity_score ?? -1)) gravest = finding;
    }
    return gravest;
  }
}

function isPassed(drill: Drill): boolean {
  return drill.hops.every(({ afterMs }) => afterMs !== null);
}

function viewOf(drill: Drill): DrillView {
  const { id, story, domain, by, startedMs, finishedMs, hops, finding } = drill;
  return {
    id,
    name: story.name,
    tenant: domain.tenant,
    domain: domain.domain,
    by,
    state: finishedMs === null ? 'running' : isPassed(drill) ? 'passed' : 'missed',
    started_at: formatInstant(startedMs),
    finished_at: finishedMs === null ? null : formatInstant(finishedMs),
    hops: hops.map(({ name, afterMs, detail }) => ({ name, after_ms: afterMs, detail })),
    case_id: finding?.case_id ?? null,
  };
}
