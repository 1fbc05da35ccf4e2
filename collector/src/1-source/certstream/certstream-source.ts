/** Certstream servers (CaliDog protocol; full, lite and domains-only paths) over WebSocket. No cursor, no replay. */
import type { SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import type { Secret } from '../../leaf/secret.ts';
import type { OutgoingPolicy } from '../address-policy.ts';
import {
  probeSocket,
  runReconnectingSocket,
  standardBackOff,
  type SocketSettings,
} from '../reconnecting-socket.ts';

/** Settings; times in milliseconds. Servers drop clients that do not ping within a minute. */
export interface CertstreamSettings {
  readonly identity: SourceIdentity;
  readonly instance?: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | Secret>>;
  readonly tls?: SocketSettings['tls'];
  readonly messageBytesMax: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Builds the source; over plain `ws:` records are hints. */
export function createCertstreamSource(
  settings: CertstreamSettings,
  policy: OutgoingPolicy,
  surroundings: Surroundings,
): SourceRun {
  const { identity, instance } = settings;
  const connection: SocketSettings = {
    ...settings,
    cursorName: identity.id,
    backOff: standardBackOff,
    recordOf: (bytes, receivedAtMs) => ({
      tenant: identity.tenant,
      source: 'certstream',
      ...(instance === undefined ? {} : { instance }),
      receivedAtMs,
      contentType: 'application/json',
      verified: settings.url.startsWith('wss:'),
      bytes,
    }),
  };
  return {
    identity,
    run: (intake, signal) => runReconnectingSocket(connection, policy, surroundings, intake, signal),
    probe: (signal) => probeSocket(connection, policy, signal),
  };
}
