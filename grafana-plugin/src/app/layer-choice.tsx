/** Chooses between the collector's API and telemetry, and says so while telemetry is all there is. */
import { t } from '@grafana/i18n';
import { Alert, Button } from '@grafana/ui';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { collectorLayer } from '../api/collector-layer.ts';
import type { DataLayer } from '../api/data-layer.ts';
import { telemetryLayer } from '../api/telemetry/telemetry-layer.ts';
import type { AppSettings } from '../settings/settings.ts';
import { LoadingState } from '../components/states.tsx';

const againMs = 30_000;

/** True when telemetry is wanted: the collector gives no answer, or Grafana has no address of it. */
async function collectorIsAway(signal: AbortSignal): Promise<boolean> {
  const answer = await collectorLayer.status({ signal });
  return !answer.ok && (answer.kind === 'unreachable' || answer.kind === 'server');
}

/** Gives the layer to `children`. Without chosen data sources it is always the collector, whose problems pages show. */
export function LayerChoice({
  settings,
  children,
}: {
  readonly settings: AppSettings;
  readonly children: (layer: DataLayer, notice?: ReactNode) => ReactNode;
}) {
  const { metricsUid, logsUid } = settings;
  const telemetry = useMemo(
    () =>
      metricsUid === undefined && logsUid === undefined
        ? undefined
        : telemetryLayer({
            ...(metricsUid === undefined ? {} : { metricsUid }),
            ...(logsUid === undefined ? {} : { logsUid }),
          }),
    [metricsUid, logsUid],
  );
  const [away, setAway] = useState<boolean>();
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (telemetry === undefined) return undefined;
    const stop = new AbortController();
    const look = async (): Promise<void> => {
      const now = await collectorIsAway(stop.signal);
      if (!stop.signal.aborted) setAway(now);
    };
    void look();
    const timer = setInterval(() => void look(), againMs);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [telemetry, asked]);
  if (telemetry === undefined) return <>{children(collectorLayer)}</>;
  if (away === undefined) return <LoadingState />;
  if (!away) return <>{children(collectorLayer)}</>;
  const notice = (
    <Alert
      severity="warning"
      title={t('layer.away', 'The collector cannot be reached: this is what telemetry says')}
    >
      <p>
        {t(
          'layer.away-about',
          'Scores, cases and timelines come from metrics and logs. Nothing can be changed, and evidence, rules, suppressions and audit are not shown.',
        )}
      </p>
      <Button size="sm" variant="secondary" onClick={() => setAsked((number) => number + 1)}>
        {t('layer.again', 'Look for the collector again')}
      </Button>
    </Alert>
  );
  return <>{children(telemetry, notice)}</>;
}
