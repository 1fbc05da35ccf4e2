/** Configuration page: where the collector is, its token, the data sources to fall back to, and a test of all three. */
import { css } from '@emotion/css';
import type { AppPluginMeta, GrafanaTheme2, PluginConfigPageProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { DataSourcePicker, getBackendSrv } from '@grafana/runtime';
import { Alert, Button, Field, FieldSet, Input, SecretInput, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { lastValueFrom } from 'rxjs';
import { pluginId } from '../constants.ts';
import { tried, type Trial } from './connection-test.ts';
import { addressProblem, keptAddress, type AppSettings } from './settings.ts';

async function save(meta: AppPluginMeta<AppSettings>, jsonData: AppSettings, token: string): Promise<void> {
  const data = {
    enabled: meta.enabled ?? true,
    pinned: meta.pinned ?? true,
    jsonData,
    // A secret that is not sent stays as it is.
    ...(token === '' ? {} : { secureJsonData: { collectorToken: token } }),
  };
  await lastValueFrom(
    getBackendSrv().fetch({ url: `/api/plugins/${pluginId}/settings`, method: 'POST', data }),
  );
}

function addressText(text: string): string | undefined {
  const problem = addressProblem(text);
  if (problem === 'scheme') return t('settings.address-scheme', 'Write http:// or https:// and the host');
  return problem === 'path'
    ? t('settings.address-path', 'Leave out user, password, query and fragment')
    : undefined;
}

function TrialLine({ trial }: { readonly trial: Trial }) {
  const severity = trial.outcome === 'fine' ? 'success' : trial.outcome === 'unset' ? 'info' : 'error';
  return (
    <Alert severity={severity} title={trial.title}>
      {trial.detail}
    </Alert>
  );
}

/** The page. */
export function SettingsPage({ plugin }: PluginConfigPageProps<AppPluginMeta<AppSettings>>) {
  const styles = useStyles2(getStyles);
  const { meta } = plugin;
  const [settings, setSettings] = useState<AppSettings>(meta.jsonData ?? {});
  const [token, setToken] = useState('');
  const [tokenKept, setTokenKept] = useState(meta.secureJsonFields?.['collectorToken'] === true);
  const [busy, setBusy] = useState(false);
  const [trials, setTrials] = useState<readonly Trial[]>([]);
  const [failure, setFailure] = useState<string>();
  const address = settings.collectorUrl ?? '';
  const wrong = addressText(address);
  const write = (change: AppSettings): void => setSettings((now) => ({ ...now, ...change }));

  async function saveAndTry(): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    setTrials([]);
    try {
      const kept = { ...settings, collectorUrl: keptAddress(address) };
      await save(meta, kept, token);
      if (token !== '') setTokenKept(true);
      setToken('');
      setTrials(await tried(kept));
    } catch (error) {
      const said = (error as { data?: { message?: string } }).data?.message;
      setFailure(said ?? t('settings.not-saved-why', 'Grafana gave no reason.'));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void saveAndTry();
      }}
    >
      <FieldSet label={t('settings.collector', 'Collector')}>
        <Field
          label={t('settings.address', 'Address')}
          description={t(
            'settings.address-about',
            'As Grafana’s server reaches it, for example http://collector:8470',
          )}
          invalid={wrong !== undefined}
          error={wrong}
        >
          <Input
            id="collector-address"
            width={60}
            value={address}
            onChange={(event) => write({ collectorUrl: event.currentTarget.value })}
          />
        </Field>
        <Field
          label={t('settings.token', 'Token')}
          description={t(
            'settings.token-about',
            'A token with the role viewer. People act under their own name: let Grafana forward its signed identity (id_forwarding) and name its key set in the collector.',
          )}
        >
          <SecretInput
            id="collector-token"
            width={60}
            isConfigured={tokenKept}
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            onReset={() => setTokenKept(false)}
          />
        </Field>
      </FieldSet>
      <FieldSet label={t('settings.telemetry', 'When the collector cannot be reached')}>
        <p className={styles.about}>
          {t(
            'settings.telemetry-about',
            'Scores, cases and timelines are then read from telemetry; nothing can be changed.',
          )}
        </p>
        <Field label={t('settings.metrics', 'Prometheus or Mimir')}>
          <DataSourcePicker
            inputId="metrics-source"
            type="prometheus"
            current={settings.metricsUid ?? null}
            noDefault
            width={60}
            onChange={({ uid }) => write({ metricsUid: uid })}
          />
        </Field>
        <Field label={t('settings.logs', 'Loki')}>
          <DataSourcePicker
            inputId="logs-source"
            type="loki"
            current={settings.logsUid ?? null}
            noDefault
            width={60}
            onChange={({ uid }) => write({ logsUid: uid })}
          />
        </Field>
      </FieldSet>
      <Button type="submit" disabled={busy || addressProblem(address) !== undefined}>
        {busy ? t('settings.trying', 'Saving and trying') : t('settings.save', 'Save and try')}
      </Button>
      <div className={styles.trials} aria-live="polite">
        {failure === undefined ? null : (
          <Alert severity="error" title={t('settings.not-saved', 'The settings were not saved')}>
            {failure}
          </Alert>
        )}
        {trials.map((trial) => (
          <TrialLine key={trial.title} trial={trial} />
        ))}
      </div>
    </form>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  form: css({ maxWidth: 720 }),
  about: css({ color: theme.colors.text.secondary }),
  trials: css({ marginTop: theme.spacing(2) }),
});
