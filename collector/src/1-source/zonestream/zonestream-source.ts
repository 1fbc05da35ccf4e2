/** Zonestream of OpenINTEL over WebSocket: one connection per topic, JSON text frames, no subscription, no replay. */
import type { SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import type { Secret } from '../../leaf/secret.ts';
import type { OutgoingPolicy } from '../address-policy.ts';
import {
  probeSocket,
  runReconnectingSocket,
  standardBackOff,
  type SocketSettings,
} from '../reconnecting-socket.ts';

/** Settings; times in milliseconds. */
export interface ZonestreamSettings {
  readonly identity: SourceIdentity;
  readonly instance?: string;
  /** Address up to the topic, e.g. `wss://zonestream.openintel.nl/ws`. */
  readonly url: string;
  readonly topics: readonly string[];
  readonly headers: Readonly<Record<string, string | Secret>>;
  readonly tls?: SocketSettings['tls'];
  readonly messageBytesMax: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Builds the source. Records carry the topic in `meta.topic`; over plain `ws:` they are hints. */
export function createZonestreamSource(
  settings: ZonestreamSettings,
  policy: OutgoingPolicy,
  surroundings: Surroundings,
): SourceRun {
  const connections = settings.topics.map((topic) => connectionOf(settings, topic));
  return {
    identity: settings.identity,
    async run(intake, signal) {
      await Promise.all(
        connections.map((one) => runReconnectingSocket(one, policy, surroundings, intake, signal)),
      );
    },
    async probe(signal) {
      for (const connection of connections) {
        const found = await probeSocket(connection, policy, signal);
        if (!found.ok || connection === connections.at(-1)) return found;
      }
      throw new Error('a zonestream source without topics');
    },
  };
}

function connectionOf(settings: ZonestreamSettings, topic: string): SocketSettings {
  const { identity, instance } = settings;
  return {
    ...settings,
    cursorName: `${identity.id}/${topic}`,
    url: `${settings.url.replace(/\/$/, '')}/${topic}`,
    backOff: standardBackOff,
    recordOf: (bytes, receivedAtMs) => ({
      tenant: identity.tenant,
      source: 'zonestream',
      ...(instance === undefined ? {} : { instance }),
      receivedAtMs,
      contentType: 'application/json',
      verified: settings.url.startsWith('wss:'),
      bytes,
      meta: { topic },
    }),
  };
}
