/** What a source that is pushed to over HTTP has to bring for the suite that all must pass. */
import type { WebhookSettings } from '../../collector/src/1-source/webhook/webhook-source.ts';
import type { SourceName } from '../../collector/src/contract/source-name.ts';
import { createSecret } from '../../collector/src/leaf/secret.ts';
import { type Fake } from '../unit/1-source/api-fake.ts';
import { canary } from './source-cases.ts';

/** A delivery. `path`: what stands behind `/ingest/<id>/`. */
export interface Push {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly path?: string;
}

/** One pushed source. `ids` are record ids; each becomes at least one event. */
export interface PushCase {
  readonly name: string;
  readonly feed: SourceName;
  /** True when the sender proves itself, so that a wrong proof is refused. */
  readonly isProven: boolean;
  /** True when the proof ages. */
  readonly ages: boolean;
  readonly settings: (keys: Fake | undefined) => Partial<WebhookSettings>;
  readonly push: (ids: readonly string[], atMs: number, secret?: string) => Push;
  /** Answers the key set that the proof needs. */
  readonly keys?: () => unknown;
}

export const at = '2026-11-20T11:59:00Z';
export const json = { 'content-type': 'application/json' };
export const text = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
export const header = { scheme: 'header' as const, schemeSettings: { secret: createSecret(canary) } };
export const bearer = (secret = canary): Record<string, string> => ({ authorization: secret });
