/** Asks another system to act: a JSON POST signed by Standard Webhooks, with the same id at every repetition. */
import { createHmac } from 'node:crypto';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { ActionHttp, Executor } from './executor.ts';
import { refusedStatus } from './provider-answer.ts';

/** Settings; `secret` is used as its UTF-8 octets, or base64 behind `whsec_`. */
export interface SoarWebhookSettings {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly http: ActionHttp;
  readonly nowMs: () => number;
}

/** Executor that notifies. A dry run sends nothing: there is no harmless question to ask a webhook. */
export function createSoarWebhookExecutor(settings: SoarWebhookSettings): Executor {
  const { secret, url, http, nowMs } = settings;
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice(6), 'base64')
    : Buffer.from(secret, 'utf8');
  return {
    id: settings.id,
    kinds: ['notify'],
    preview(plan) {
      return Promise.resolve(
        plan.kind === 'notify'
          ? succeeded({
              changes: [`${settings.id} is told: ${plan.text}`],
              before: { nothing: true } as const,
            })
          : failed('bad_field', `this executor cannot do ${plan.kind}`),
      );
    },
    async carryOut({ id, tenant, caseId, plan }, signal) {
      if (plan.kind !== 'notify') return failed('bad_field', `this executor cannot do ${plan.kind}`);
      const timestampS = Math.floor(nowMs() / 1000);
      const body = JSON.stringify({
        type: 'zonewarden.action',
        timestamp: new Date(nowMs()).toISOString(),
        data: {
          action_id: id,
          tenant,
          case_id: caseId,
          text: plan.text,
          ...('data' in plan ? { data: plan.data } : {}),
        },
      });
      const signature = createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64');
      const answer = await http(
        {
          method: 'POST',
          url,
          headers: {
            'content-type': 'application/json',
            'webhook-id': id,
            'webhook-timestamp': String(timestampS),
            'webhook-signature': `v1,${signature}`,
          },
          body,
        },
        signal,
      );
      if (!answer.ok) return answer;
      const { status } = answer.value;
      return status >= 200 && status < 300
        ? succeeded(`the receiver answered ${status}`)
        : refusedStatus(status, Buffer.from(answer.value.body).toString('utf8'));
    },
  };
}
