import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2, useTheme2 } from '@grafana/ui';
import type { DomainDetail } from '../../api/shapes.ts';
import { ScoreDial } from '../../components/score.tsx';
import { Section } from '../../components/section.tsx';
import { EmptyState } from '../../components/states.tsx';
import { TimeAgo } from '../../components/time-text.tsx';
import { scoreTone, toneColor } from '../../components/tone.ts';
import { percent, planeName, witnessName } from '../../model/words.ts';
import { componentName, orderedComponents, signalName } from './domain-model.ts';

const termsShown = 6;

type Score = NonNullable<DomainDetail['score']>;

function Reason({ component }: { component: Score['components'][number] }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const {
    name,
    weight,
    value,
    known,
    applicable,
    reason,
    source,
    as_of: at,
    next_action: action,
  } = component;
  const share = known && value !== null ? value : undefined;
  const text =
    share === undefined
      ? applicable
        ? t('score.unknown-part', 'not known')
        : t('score.not-offered', 'not offered')
      : percent(share);
  return (
    <li className={styles.reason}>
      <span className={styles.name}>
        {componentName(name)} <small>{t('score.weight', 'weight {{weight}}', { weight })}</small>
      </span>
      <span className={styles.track} aria-hidden="true">
        {share === undefined ? null : (
          <span style={{ width: `${share * 100}%`, background: toneColor(theme, scoreTone(share * 100)) }} />
        )}
      </span>
      <b className={share === undefined ? styles.dim : undefined}>{text}</b>
      <span>
        {reason}
        <small>
          {source === null ? null : witnessName(source)}
          {at === null ? null : (
            <>
              {source === null ? '' : ', '}
              <TimeAgo at={at} />
            </>
          )}
        </small>
        {action === null ? null : <em>→ {action}</em>}
      </span>
    </li>
  );
}

/** The sum of recent signals with each of its parts, and what nobody watches and so cannot add to it. */
function Risk({ risk, detail }: { risk: number; detail: Score['risk_detail'] }) {
  const styles = useStyles2(getStyles);
  const silent = detail?.planes_silent ?? [];
  return (
    <div>
      <p>
        <small>{t('domain.risk', 'Risk from recent signals, of 100')}</small>
        <b>{Math.round(risk)}</b>
      </p>
      <ul className={styles.terms}>
        {(detail?.terms ?? []).slice(0, termsShown).map(({ signal, ref, plane, share, at }) => (
          <li key={ref}>
            <span>{share.toFixed(2)}</span>
            <span>
              {signalName(signal)} · {planeName(plane)}, <TimeAgo at={at} />
            </span>
          </li>
        ))}
      </ul>
      {silent.length === 0 ? null : (
        <small>
          {t('domain.risk-lower-bound', 'At least this much: nobody watches {{planes}}', {
            planes: silent.map(planeName).join(', '),
          })}
        </small>
      )}
    </div>
  );
}

/** The score with its eleven reasons. What is not known neither raises nor lowers it. */
export function ScoreSection({ score }: { readonly score: DomainDetail['score'] }) {
  const styles = useStyles2(getStyles);
  if (score === null)
    return (
      <Section title={t('domain.score', 'Control score')}>
        <EmptyState title={t('domain.no-score', 'No score yet')}>
          {t(
            'domain.no-score-about',
            'Nothing is known about its controls. Connect RDAP or a delegation probe first.',
          )}
        </EmptyState>
      </Section>
    );
  return (
    <Section title={t('domain.score', 'Control score')}>
      <div className={styles.panel}>
        <div className={styles.dial}>
          <ScoreDial score={score.score} coverage={score.coverage} />
          {score.next_best_action === null ? null : (
            <p>
              <small>{t('domain.next', 'Next best action')}</small>
              <b>{score.next_best_action}</b>
            </p>
          )}
          {score.risk === null ? null : <Risk risk={score.risk} detail={score.risk_detail} />}
        </div>
        <ul className={styles.reasons}>
          {orderedComponents(score.components).map((component) => (
            <Reason key={component.name} component={component} />
          ))}
        </ul>
      </div>
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  panel: css({ display: 'flex', gap: 24, flexWrap: 'wrap' }),
  terms: css({
    listStyle: 'none',
    margin: theme.spacing(0.5, 0),
    padding: 0,
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
    '& li': { display: 'grid', gridTemplateColumns: '32px minmax(0, 1fr)', gap: 4, lineHeight: 1.5 },
    '& li > span:first-child': { fontVariantNumeric: 'tabular-nums' },
  }),
  dial: css({
    width: 216,
    '& small': { display: 'block', color: theme.colors.text.secondary },
    '& p': { margin: theme.spacing(1, 0, 0) },
  }),
  reasons: css({ listStyle: 'none', margin: 0, padding: 0, flex: 1, minWidth: 320 }),
  reason: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(120px, 1fr) 72px 76px minmax(180px, 2.4fr)',
    gap: 12,
    alignItems: 'baseline',
    padding: theme.spacing(0.5, 0),
    borderTop: `1px solid ${theme.colors.border.weak}`,
    '& small': { color: theme.colors.text.secondary, marginLeft: 6 },
    '& em': { display: 'block', fontStyle: 'normal', color: theme.colors.text.link },
  }),
  name: css({ overflowWrap: 'anywhere', '& small': { display: 'inline-block', '&&': { marginLeft: 0 } } }),
  track: css({
    height: 6,
    borderRadius: 3,
    background: theme.colors.background.secondary,
    overflow: 'hidden',
    '& span': { display: 'block', height: '100%' },
  }),
  dim: css({ color: theme.colors.text.secondary, fontWeight: 400 }),
});
