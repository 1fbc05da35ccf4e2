/** Configured executors as running ones: one line per kind. */
import type { Surroundings } from '../contract/component.ts';
import type { OutgoingClient } from '../1-source/outgoing-http.ts';
import type { ActionHttp, Executor } from '../8-sink/action/executor.ts';
import type { ActionConfig } from './config-actions.ts';

/** What executors use from outside. */
export interface ActionPlaces {
  readonly client: OutgoingClient;
  readonly around: Pick<Surroundings, 'nowMs'>;
}

/** Executors in configuration order. */
export function executorsOf(actions: readonly ActionConfig[], places: ActionPlaces): Executor[] {
  void actions;
  void places;
  return [];
}

/** The guarded client as executors know it: no redirects, one megabyte, fifteen seconds. */
export function actionHttp(client: OutgoingClient): ActionHttp {
  return (request, signal) =>
    client({ ...request, redirectsMax: 0, answerBytesMax: 4 * 1024 * 1024, timeoutMs: 15_000 }, signal);
}
