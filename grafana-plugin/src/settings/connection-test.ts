/** Tries what the settings name, and says for each what came back. */
import { t } from '@grafana/i18n';
import { collectorLayer } from '../api/collector-layer.ts';
import { askLogs, askMetrics } from '../api/telemetry/query.ts';
import type { AppSettings } from './settings.ts';

/** Outcome of one attempt. `unset`: there was nothing to try. */
export interface Trial {
  readonly outcome: 'fine' | 'failed' | 'unset';
  readonly title: string;
  readonly detail: string;
}

async function collector(signal: AbortSignal): Promise<Trial> {
  const answer = await collectorLayer.status({ signal });
  if (!answer.ok)
    return {
      outcome: 'failed',
      title: t('trial.collector-failed', 'The collector does not answer'),
      detail: answer.detail,
    };
  const { version, ready, tenants, user } = answer.value;
  const detail = t(
    'trial.collector-detail',
    'Version {{version}}, {{tenants}} tenants, asked as {{user}} ({{roles}}).',
    {
      version,
      tenants: tenants.length,
      user: user.id,
      roles: user.roles.join(', '),
    },
  );
  return ready
    ? { outcome: 'fine', title: t('trial.collector', 'The collector answers'), detail }
    : { outcome: 'failed', title: t('trial.collector-not-ready', 'The collector is not ready'), detail };
}

async function metrics(uid: string | undefined, signal: AbortSignal): Promise<Trial> {
  if (uid === undefined)
    return {
      outcome: 'unset',
      title: t('trial.metrics-unset', 'No metrics are chosen'),
      detail: t(
        'trial.metrics-unset-detail',
        'Scores and cases cannot be shown while the collector is away.',
      ),
    };
  const answer = await askMetrics(uid, 'max by (version) (zonewarden_build)', signal);
  if (!answer.ok)
    return {
      outcome: 'failed',
      title: t('trial.metrics-failed', 'The metrics cannot be read'),
      detail: answer.detail,
    };
  const version = answer.value[0]?.labels['version'];
  return version === undefined
    ? {
        outcome: 'failed',
        title: t('trial.metrics-empty', 'The metrics do not have Zonewarden’s'),
        detail: t('trial.metrics-empty-detail', 'No series zonewarden_build: is the collector scraped?'),
      }
    : {
        outcome: 'fine',
        title: t('trial.metrics', 'The metrics can be read'),
        detail: t('trial.metrics-detail', 'A collector of version {{version}} reports.', { version }),
      };
}

async function logs(uid: string | undefined, signal: AbortSignal): Promise<Trial> {
  if (uid === undefined)
    return {
      outcome: 'unset',
      title: t('trial.logs-unset', 'No logs are chosen'),
      detail: t('trial.logs-unset-detail', 'Timelines cannot be shown while the collector is away.'),
    };
  const answer = await askLogs(uid, '{service_name="zonewarden"}', { days: 7, lines: 1 }, signal);
  if (!answer.ok)
    return {
      outcome: 'failed',
      title: t('trial.logs-failed', 'The logs cannot be read'),
      detail: answer.detail,
    };
  return answer.value.length === 0
    ? {
        outcome: 'failed',
        title: t('trial.logs-empty', 'The logs do not have Zonewarden’s'),
        detail: t('trial.logs-empty-detail', 'No line of service_name="zonewarden" within seven days.'),
      }
    : {
        outcome: 'fine',
        title: t('trial.logs', 'The logs can be read'),
        detail: t('trial.logs-detail', 'Newest line: {{at}}.', { at: answer.value[0]?.at ?? '' }),
      };
}

/** Tries collector, metrics and logs side by side. */
export function tried(settings: AppSettings): Promise<readonly Trial[]> {
  const { signal } = new AbortController();
  return Promise.all([
    collector(signal),
    metrics(settings.metricsUid, signal),
    logs(settings.logsUid, signal),
  ]);
}
