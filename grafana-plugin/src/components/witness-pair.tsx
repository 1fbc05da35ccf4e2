import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import { valueLines, witnessName } from '../model/words.ts';
import { TimeAgo } from './time-text.tsx';

/** What one witness reports. Null: it has not reported. */
export interface WitnessView {
  readonly value: unknown;
  readonly since: string | null;
  readonly last: string;
  readonly source_kind: string;
}

function Witness({ title, view }: { title: string; view: WitnessView | null }) {
  const styles = useStyles2(getStyles);
  const lines = valueLines(view?.value);
  return (
    <div className={styles.witness}>
      <span className={styles.title}>{title}</span>
      {view === null ? (
        <i className={styles.dim}>{t('witness.silent', 'has not reported')}</i>
      ) : (
        <>
          {lines.length === 0 ? (
            <i>{t('value.nothing', 'nothing')}</i>
          ) : (
            lines.map((line) => <code key={line}>{line}</code>)
          )}
          <span className={styles.dim}>
            {witnessName(view.source_kind)}, <TimeAgo at={view.last} />
          </span>
        </>
      )}
    </div>
  );
}

/** What our accounts say beside what can be seen from outside: an intruder can silence only the first. */
export function WitnessPair({
  said,
  seen,
}: {
  readonly said: WitnessView | null;
  readonly seen: WitnessView | null;
}) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.pair}>
      <Witness title={t('witness.said', 'Our account says')} view={said} />
      <Witness title={t('witness.seen', 'Seen from outside')} view={seen} />
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  pair: css({ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 12 }),
  witness: css({
    display: 'flex',
    flexDirection: 'column',
    gap: 2,
    minWidth: 0,
    '& i': { fontStyle: 'normal', color: theme.colors.text.secondary },
    '& code': {
      margin: 0,
      padding: 0,
      background: 'none',
      border: 0,
      overflowWrap: 'anywhere',
      color: theme.colors.text.primary,
    },
  }),
  title: css({ fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.text.secondary }),
  dim: css({ fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.text.secondary }),
});
