/** Source `dns-xfr`: keeps copies of zones up to date and writes what changed as raw records. */
import type { Intake, SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import { failed, succeeded, type Failure, type Outcome } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { compareSerials } from '../../leaf/serial-number.ts';
import type { RecordChange } from '../../leaf/record-change.ts';
import { formatInstant } from '../../leaf/time.ts';
import { listenForNotify } from './notify-listener.ts';
import { fetchSoa, fetchZone, serialOf, type FetchedZone, type TransferPeer } from './transfer-client.ts';
import { zoneDifference, type ZoneCopy } from './zone-copy.ts';
import type { ZoneStore } from './zone-store.ts';

/** One zone to watch. `peers` are tried in order. `refreshMs` is the check without NOTIFY. */
export interface WatchedZone {
  readonly zone: string;
  readonly peers: readonly TransferPeer[];
  readonly refreshMs: number;
  readonly retryMs: number;
}

/** Configuration of the source. `notify` absent: zones are only polled. */
export interface ZoneWatchOptions {
  readonly tenant: string;
  readonly id: string;
  readonly zones: readonly WatchedZone[];
  readonly notify?: { readonly address: string; readonly port: number };
  readonly store: ZoneStore;
  /** Least time between two checks of one zone that NOTIFY asked for. */
  readonly notifyHoldMs: number;
}

const changesPerRecord = 500;
const differenceMediaType = 'application/vnd.zonewarden.zone-difference+json';

interface ZoneState {
  copy: ZoneCopy | undefined;
}

function* parts(changes: Iterable<RecordChange>): Generator<RecordChange[]> {
  let part: RecordChange[] = [];
  for (const change of changes) {
    part.push(change);
    if (part.length < changesPerRecord) continue;
    yield part;
    part = [];
  }
  yield part;
}

function changeDocument(change: RecordChange): Record<string, unknown> {
  return {
    name: change.name,
    type: change.type,
    old: change.old,
    new: change.new,
    ...(change.ttlOld !== undefined ? { ttl_old: change.ttlOld } : {}),
    ...(change.ttlNew !== undefined ? { ttl_new: change.ttlNew } : {}),
  };
}

/** The feed. `run` ends when the signal aborts. */
export function zoneWatch(options: ZoneWatchOptions, surroundings: Surroundings): SourceRun {
  const identity: SourceIdentity = {
    tenant: options.tenant,
    id: options.id,
    feed: 'dns-xfr',
    kind: 'zone_feed',
    intervalMs: Math.min(...options.zones.map((zone) => zone.refreshMs), 3_600_000),
  };
  const wake = new Map<string, () => void>();
  /** Zones notified while their check was running: one more check follows at once. */
  const notified = new Set<string>();

  function recordOf(document: Record<string, unknown>, atMs: number): RawRecord {
    return {
      tenant: options.tenant,
      source: 'dns-xfr',
      instance: options.id,
      receivedAtMs: atMs,
      contentType: differenceMediaType,
      verified: true,
      bytes: new TextEncoder().encode(JSON.stringify(document)),
    };
  }

  async function accept(
    intake: Intake,
    watched: WatchedZone,
    peer: TransferPeer,
    fetched: FetchedZone,
    from: number | undefined,
    earliestMs: number | undefined,
  ): Promise<void> {
    const atMs = surroundings.nowMs();
    let part = 0;
    for (const changes of parts(fetched.changes)) {
      const document = {
        zone: watched.zone,
        serial_from: from ?? null,
        serial_to: fetched.copy.serial,
        form: fetched.form,
        primary: peer.server.address,
        signed: peer.key !== undefined,
        at: formatInstant(atMs),
        ...(earliestMs !== undefined ? { earliest: formatInstant(earliestMs) } : {}),
        part: part++,
        records: fetched.copy.sets.size,
        ...(Array.isArray(fetched.changes) ? { changes_total: fetched.changes.length } : {}),
        changes: changes.map(changeDocument),
      };
      await intake.accept([recordOf(document, atMs)]);
    }
  }

  async function failure(intake: Intake, watched: WatchedZone, reason: Failure): Promise<void> {
    const atMs = surroundings.nowMs();
    surroundings.log('warn', `zone ${watched.zone}: ${reason.message}`, { code: reason.code });
    const document = {
      zone: watched.zone,
      outcome: 'failure',
      reason: reason.message,
      at: formatInstant(atMs),
    };
    await intake.accept([recordOf(document, atMs)]);
  }

  /** One check with the first primary that answers. */
  async function check(
    intake: Intake,
    watched: WatchedZone,
    state: ZoneState,
    signal: AbortSignal,
  ): Promise<Outcome<'current' | 'fetched'>> {
    let last: Outcome<never> = failed('bad_configuration', `zone ${watched.zone} has no primary`);
    for (const peer of watched.peers) {
      const soa = await fetchSoa(watched.zone, peer, signal);
      if (!soa.ok) {
        last = soa;
        continue;
      }
      const serial = serialOf(soa.value);
      const from = state.copy?.serial;
      const earliestMs = state.copy?.seenAtMs;
      if (from !== undefined && compareSerials(serial, from) === 0) {
        state.copy!.seenAtMs = surroundings.nowMs();
        return succeeded('current');
      }
      // A serial that went back, or half the circle away, means the primary was restored: incremental would say "current".
      const usable = from !== undefined && compareSerials(serial, from) === 1 ? state.copy : undefined;
      const fetched = await fetchZone(watched.zone, usable, peer, signal);
      if (!fetched.ok) {
        last = fetched;
        continue;
      }
      const value =
        usable === undefined && state.copy !== undefined
          ? { ...fetched.value, changes: zoneDifference(state.copy, fetched.value.copy) }
          : fetched.value;
      const copy = fetched.value.copy;
      copy.seenAtMs = surroundings.nowMs();
      try {
        await accept(intake, watched, peer, value, from, earliestMs);
        await options.store.save(copy);
        state.copy = copy;
      } catch (error) {
        // An incremental transfer changed our copy in place; what was not accepted must be found again next time.
        state.copy = await options.store.load(watched.zone);
        throw error;
      }
      return succeeded('fetched');
    }
    return last;
  }

  async function pause(zone: string, ms: number, signal: AbortSignal): Promise<void> {
    if (notified.delete(zone)) return;
    const woken = new AbortController();
    const either = AbortSignal.any([signal, woken.signal]);
    wake.set(zone, () => woken.abort());
    await surroundings.sleep(ms, either).catch(() => undefined);
    wake.delete(zone);
    notified.delete(zone);
  }

  async function watchZone(intake: Intake, watched: WatchedZone, signal: AbortSignal): Promise<void> {
    const state: ZoneState = { copy: await options.store.load(watched.zone) };
    let failing = false;
    while (!signal.aborted) {
      const outcome = await check(intake, watched, state, signal).catch((error: unknown) =>
        failed('disk_full', error instanceof Error ? error.message : String(error)),
      );
      if (signal.aborted) return;
      if (outcome.ok) intake.heartbeat(identity);
      // One record per outage, not one per attempt.
      else if (!failing) await failure(intake, watched, outcome.failure).catch(() => undefined);
      failing = !outcome.ok;
      await pause(watched.zone, outcome.ok ? watched.refreshMs : watched.retryMs, signal);
      if (!signal.aborted) await surroundings.sleep(options.notifyHoldMs, signal).catch(() => undefined);
    }
  }

  return {
    identity,
    async run(intake, signal) {
      const byZone = new Map(options.zones.map((zone) => [zone.zone, zone]));
      const listener =
        options.notify === undefined
          ? undefined
          : await listenForNotify(options.notify.address, options.notify.port, {
              allowed: (zone, peer) =>
                byZone.get(zone)?.peers.some((each) => each.server.address === peer) === true,
              keyFor: (zone, peer) =>
                byZone.get(zone)?.peers.find((each) => each.server.address === peer)?.key,
              nowMs: surroundings.nowMs,
              onNotify: (zone) => {
                notified.add(zone);
                wake.get(zone)?.();
              },
            });
      await Promise.all(options.zones.map((zone) => watchZone(intake, zone, signal)));
      await listener?.close();
    },
    async probe(signal) {
      for (const watched of options.zones)
        for (const peer of watched.peers) {
          const soa = await fetchSoa(watched.zone, peer, signal);
          if (!soa.ok) return soa;
        }
      return succeeded(`${options.zones.length} zones, every primary answers`);
    },
  };
}
