import { css } from '@emotion/css';
import { PageLayoutType, type GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { PluginPage } from '@grafana/runtime';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { useEffect, useRef, type ReactNode } from 'react';
import { useLocation } from 'react-router-dom';
import type { LiveState } from '../api/data-layer.ts';
import { toneColor } from '../components/tone.ts';
import { useData } from './data-context.tsx';

interface PageFrameProps {
  readonly title: string;
  /** One line under the title. */
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

function liveText(live: LiveState): string {
  if (live === 'live') return t('live.live', 'Live');
  if (live === 'polling') return t('live.polling', 'Every 10 s');
  return live === 'lost' ? t('live.lost', 'Not connected') : t('live.connecting', 'Connecting');
}

function LiveSign() {
  const { live, layer } = useData();
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const tone = live === 'live' || live === 'polling' ? 'good' : live === 'lost' ? 'bad' : 'fair';
  return (
    <span className={styles.live} role="status">
      <span aria-hidden="true" style={{ color: toneColor(theme, tone) }}>
        {live === 'lost' ? '▲' : '●'}
      </span>
      {layer.kind === 'telemetry' ? t('live.telemetry', 'From telemetry, read only') : liveText(live)}
    </span>
  );
}

/** Every page: its heading gets the focus when the address leads here, so that a screen reader says where one is. */
export function PageFrame({ title, about, actions, children }: PageFrameProps) {
  const styles = useStyles2(getStyles);
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  const { notice } = useData();
  useEffect(() => {
    document.title = `${title} · Zonewarden`;
  }, [title]);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <PluginPage layout={PageLayoutType.Custom}>
      <div className={styles.page}>
        <header className={styles.header}>
          <div className={styles.words}>
            <h1 ref={heading} tabIndex={-1} className={styles.title}>
              {title}
            </h1>
            {about === undefined ? null : <div className={styles.about}>{about}</div>}
          </div>
          <div className={styles.actions}>
            {actions}
            <LiveSign />
          </div>
        </header>
        {notice}
        {children}
      </div>
    </PluginPage>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ padding: theme.spacing(2, 3, 3), maxWidth: 1680, margin: '0 auto', width: '100%' }),
  header: css({
    display: 'flex',
    gap: 16,
    alignItems: 'flex-end',
    marginBottom: theme.spacing(2),
    flexWrap: 'wrap',
  }),
  words: css({ flex: 1, minWidth: 240 }),
  title: css({
    margin: 0,
    fontSize: theme.typography.h3.fontSize,
    overflowWrap: 'anywhere',
    '&:focus': { outline: 'none' },
  }),
  about: css({ color: theme.colors.text.secondary }),
  actions: css({ display: 'flex', gap: 12, alignItems: 'center' }),
  live: css({
    display: 'inline-flex',
    gap: 6,
    alignItems: 'center',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
