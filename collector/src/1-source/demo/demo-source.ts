/** Plays the demo story: recorded payloads of several vendors, delivered like live ones. */
import { randomUUID } from 'node:crypto';
import type { Intake, SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import { succeeded } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { payloadOf, type Story, type StoryStep } from './story.ts';

const kindOfFeed: Readonly<Record<string, SourceIdentity['kind']>> = {
  okta: 'identity_log',
  dnsimple: 'registrar_audit',
  'aws-cloudtrail': 'dns_provider_audit',
  'epp-poll': 'epp_poll',
  certstream: 'ct_log',
  zonestream: 'zone_feed',
};

/** Feeds about the whole world belong to no tenant. */
function tenantOf(feed: string, tenant: string): string {
  return feed === 'certstream' || feed === 'zonestream' ? '*' : tenant;
}

/** What the demo needs besides the story. `narrate` gets each step's line just before its payload is sent. */
export interface DemoOptions {
  readonly tenant: string;
  readonly story: Story;
  readonly around: Surroundings;
  readonly narrate: (line: string) => void;
}

/** A source that plays the story once and its background until stopped. */
export function demoSource(options: DemoOptions): SourceRun {
  const { tenant, story, around, narrate } = options;
  const identity: SourceIdentity = { tenant, id: 'demo', feed: 'demo', kind: 'manual', intervalMs: 5000 };
  let counter = Math.floor(around.nowMs() / 1000);

  function recordOf(step: StoryStep): RawRecord {
    const words = { nowMs: around.nowMs(), counter: counter++, uuid: randomUUID() };
    return {
      tenant: tenantOf(step.feed, tenant),
      source: step.feed,
      receivedAtMs: around.nowMs(),
      contentType: step.contentType,
      verified: true,
      bytes: Buffer.from(payloadOf(step, words)),
    };
  }

  async function send(step: StoryStep, intake: Intake): Promise<void> {
    if (step.say !== undefined) narrate(step.say);
    await intake.accept([recordOf(step)]);
  }

  async function playStory(intake: Intake, signal: AbortSignal): Promise<void> {
    for (const step of story.steps) {
      await around.sleep(step.afterMs, signal);
      await send(step, intake);
    }
  }

  async function playBackground(step: StoryStep, intake: Intake, signal: AbortSignal): Promise<void> {
    for (;;) {
      await around.sleep(step.afterMs, signal);
      await send(step, intake);
    }
  }

  async function beat(intake: Intake, signal: AbortSignal): Promise<void> {
    for (;;) {
      intake.heartbeat(identity);
      // The same id as the records': one source, not one that is heard and one that beats.
      for (const [feed, kind] of Object.entries(kindOfFeed))
        intake.heartbeat({
          tenant: tenantOf(feed, tenant),
          id: feed,
          feed,
          kind,
          intervalMs: identity.intervalMs,
        });
      await around.sleep(identity.intervalMs, signal);
    }
  }

  return {
    identity,
    async run(intake, signal) {
      const ignoreAbort = (error: unknown): void => {
        if (!signal.aborted) throw error;
      };
      await Promise.all([
        beat(intake, signal).catch(ignoreAbort),
        playStory(intake, signal).catch(ignoreAbort),
        ...story.background.map((step) => playBackground(step, intake, signal).catch(ignoreAbort)),
      ]);
    },
    probe: () => Promise.resolve(succeeded(`${story.steps.length} steps`)),
  };
}
