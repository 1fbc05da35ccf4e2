/**
 * The loop every API poller shares: read a page, make it durable, move the cursor, wait. The other side may fail in any
 * way; the loop waits longer and tries again, and says so once per kind of failure.
 */
import type { Cursor, Intake, SourceIdentity, SourceRun, Surroundings } from '../contract/component.ts';
import type { Failure, Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import type { SourceName } from '../contract/source-name.ts';
import { acceptWhenPossible } from './patient-intake.ts';

/** One page. `next` is the position once its records are durable; `more`: another page waits now. */
export interface Page {
  readonly records: readonly string[];
  readonly next: Cursor;
  readonly more: boolean;
  /** The other side asked not to be asked again before, milliseconds from now; counts when `more` is false. */
  readonly afterMs?: number;
  /** Time the feed no longer has: becomes blind time. Epoch milliseconds. */
  readonly gap?: { readonly fromMs: number; readonly toMs: number; readonly reason: string };
}

/** A page, or why there is none. `afterMs`: the other side asked to wait; `restartAt`: continue from there instead; `gap` as of a page. */
export type PageResult =
  | { readonly ok: true; readonly value: Page }
  | {
      readonly ok: false;
      readonly failure: Failure;
      readonly afterMs?: number | undefined;
      readonly restartAt?: Cursor;
      readonly gap?: Page['gap'];
    };

/** What a feed adds to the loop. Never throws for what the other side does. */
export interface PageReader {
  /** Position of a source that never ran. */
  start(nowMs: number): Cursor;
  read(position: Cursor, nowMs: number, signal: AbortSignal): Promise<PageResult>;
  probe(nowMs: number, signal: AbortSignal): Promise<Outcome<string>>;
}

/** Settings of the loop; times in milliseconds. */
export interface PollerSettings {
  readonly identity: SourceIdentity;
  readonly feed: SourceName;
  readonly instance?: string | undefined;
  /** First wait after a failure, doubled at each; absent: 1,000. */
  readonly backoffMs?: number;
  /** Longest wait after a failure; absent: 300,000. */
  readonly backoffMaxMs?: number;
}

/** Pages read without a pause before the loop takes a breath of one interval: a feed that never ends is no catch-up. */
const pagesMax = 10_000;

/** Builds a running source from a reader. Sleeping and clocks come from `around`. */
export function createPagePoller(
  reader: PageReader,
  settings: PollerSettings,
  around: Surroundings,
): SourceRun {
  const { identity } = settings;
  return {
    identity,
    probe: (signal) => reader.probe(around.nowMs(), signal),
    run: (intake, signal) => poll(reader, settings, around, intake, signal),
  };
}

async function poll(
  reader: PageReader,
  settings: PollerSettings,
  around: Surroundings,
  intake: Intake,
  signal: AbortSignal,
): Promise<void> {
  const { identity } = settings;
  let position = intake.cursor(identity.id) ?? reader.start(around.nowMs());
  let failures = 0;
  let pages = 0;
  let told = '';
  while (!signal.aborted) {
    const result = await reader.read(position, around.nowMs(), signal);
    if (signal.aborted) return;
    if (!result.ok) {
      failures += 1;
      if (told !== result.failure.code) report(around, identity.id, result.failure);
      told = result.failure.code;
      if (result.restartAt !== undefined) position = result.restartAt;
      if (result.gap !== undefined)
        intake.gap(identity, result.gap.fromMs, result.gap.toMs, result.gap.reason);
      await pause(around, waitMs(settings, around, failures, result.afterMs), signal);
      continue;
    }
    if (told !== '') around.log('info', 'source answers again', { source: identity.id });
    told = '';
    failures = 0;
    const page = result.value;
    if (page.gap !== undefined) intake.gap(identity, page.gap.fromMs, page.gap.toMs, page.gap.reason);
    if (page.records.length > 0 || page.next !== position) {
      const cursor = { source: identity.id, position: page.next };
      const records = page.records.map((text) => rawRecord(text, settings, around.nowMs()));
      if (!(await acceptWhenPossible(intake, records, cursor, around, signal))) return;
      position = page.next;
    }
    pages += 1;
    if (page.more && pages < pagesMax) continue;
    pages = 0;
    if (!page.more) intake.heartbeat(identity);
    await pause(around, Math.max(identity.intervalMs, page.afterMs ?? 0), signal);
  }
}

/** Every failure is retried, so nothing is lost yet; only credentials and configuration need a person. */
function report(around: Surroundings, source: string, failure: Failure): void {
  const needsPerson = failure.code === 'unauthorised' || failure.code === 'bad_configuration';
  around.log(needsPerson ? 'error' : 'warn', `source cannot be read: ${failure.message}`, {
    source,
    code: failure.code,
  });
}

function waitMs(
  settings: PollerSettings,
  around: Surroundings,
  failures: number,
  asked: number | undefined,
): number {
  const max = settings.backoffMaxMs ?? 300_000;
  const base = Math.min(max, (settings.backoffMs ?? 1_000) * 2 ** Math.min(failures - 1, 20));
  const own = base / 2 + (base / 2) * around.random();
  return asked === undefined ? own : Math.max(asked, own);
}

async function pause(around: Surroundings, ms: number, signal: AbortSignal): Promise<void> {
  await around.sleep(ms, signal).catch(() => {});
}

const utf8 = new TextEncoder();

function rawRecord(text: string, settings: PollerSettings, receivedAtMs: number): RawRecord {
  const { identity, feed, instance } = settings;
  const record: RawRecord = {
    tenant: identity.tenant,
    source: feed,
    receivedAtMs,
    contentType: 'application/json',
    verified: true,
    bytes: utf8.encode(text),
    meta: { source: identity.id },
  };
  return instance === undefined ? record : { ...record, instance };
}
