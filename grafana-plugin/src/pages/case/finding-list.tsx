/** What the rules said, and why that is as severe as it is. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2, useTheme2 } from '@grafana/ui';
import type { Case, Finding } from '../../api/shapes.ts';
import { Section } from '../../components/section.tsx';
import { SeverityBadge } from '../../components/severity-badge.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { severityColor } from '../../components/tone.ts';
import { decidingFinding } from '../../model/changes.ts';
import { safe, utc, witnessName } from '../../model/words.ts';
import { isOverride, standingFindings, termText } from './case-model.ts';

function Terms({ terms }: { terms: readonly string[] }) {
  const styles = useStyles2(getStyles);
  return (
    <ol className={styles.terms}>
      {terms.map((term) => (
        <li key={term} className={isOverride(term) ? styles.override : undefined}>
          {isOverride(term) ? <b>{t('finding.override', 'Override')} </b> : null}
          {safe(termText(term))}
        </li>
      ))}
    </ol>
  );
}

function Unseen({ reasons }: { reasons: readonly string[] }) {
  if (reasons.length === 0) return null;
  return (
    <details>
      <summary>
        {t('finding.unseen', 'What it could not see ({{number}})', { number: reasons.length })}
      </summary>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{safe(reason)}</li>
        ))}
      </ul>
    </details>
  );
}

/** A finding in full. */
export function FindingBody({ finding }: { readonly finding: Finding }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.body}>
      <p>{safe(finding.summary)}</p>
      <Terms terms={finding.severity_terms} />
      <Unseen reasons={finding.degraded_reasons} />
      <p className={styles.dim}>
        {t('finding.evidence', 'Stands on {{number}} events, seen by {{who}}.', {
          number: finding.evidence.length,
          who: [...new Set(finding.evidence.map((each) => witnessName(each.source_kind)))].join(', '),
        })}{' '}
        {finding.tags.join(', ')}
      </p>
    </div>
  );
}

/** The terms of the finding that decided, and how the severity grew. */
export function WhySeverity({
  item,
  findings,
}: {
  readonly item: Case;
  readonly findings: readonly Finding[];
}) {
  const styles = useStyles2(getStyles);
  const deciding = decidingFinding(findings);
  return (
    <Section title={t('case.why', 'Why this severity')}>
      {deciding === undefined ? (
        <p className={styles.dim}>{t('case.no-finding', 'No open finding decides any more.')}</p>
      ) : (
        <div className={styles.body}>
          <p>
            <b>
              {deciding.detection} {deciding.title}
            </b>{' '}
            {t('case.decides', 'decides.')}
          </p>
          <Terms terms={deciding.severity_terms} />
          <Unseen reasons={deciding.degraded_reasons} />
        </div>
      )}
      {item.severity_history.length > 1 ? (
        <ol className={styles.history} aria-label={t('case.history', 'How the severity went')}>
          {item.severity_history.map(({ at, severity }) => (
            <li key={at}>
              <SeverityBadge severity={severity} /> <span className={styles.dim}>{utc(at)}</span>
            </li>
          ))}
        </ol>
      ) : null}
    </Section>
  );
}

/** Every finding that stands, worst first. */
export function FindingList({ findings }: { readonly findings: readonly Finding[] }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const standing = standingFindings(findings);
  const early = standing.length > 0 && standing.every(({ preliminary }) => preliminary);
  const preliminary = (
    <StateChip
      state={t('finding.preliminary', 'preliminary')}
      title={t('finding.preliminary-why', 'Events that are still on their way may correct it')}
    />
  );
  return (
    <Section
      title={t('case.findings', 'Findings ({{number}})', { number: standing.length })}
      aside={early ? preliminary : null}
    >
      <ul className={styles.list}>
        {standing.map((finding) => (
          <li key={finding.finding_id} style={{ borderLeftColor: severityColor(theme, finding.severity) }}>
            <details>
              <summary>
                <span className={styles.summary}>
                  <SeverityBadge severity={finding.severity} />
                  <b>{finding.detection}</b>
                  <span>{finding.title}</span>
                  {finding.state === 'open' ? null : <StateChip state={finding.state} />}
                  {finding.preliminary && !early ? preliminary : null}
                </span>
              </summary>
              <FindingBody finding={finding} />
            </details>
          </li>
        ))}
      </ul>
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  body: css({ display: 'grid', gap: 6, minWidth: 0, '& p': { margin: 0, overflowWrap: 'anywhere' } }),
  terms: css({
    margin: 0,
    paddingLeft: 20,
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  override: css({ fontWeight: 500, color: theme.colors.text.maxContrast }),
  dim: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  history: css({
    listStyle: 'none',
    margin: theme.spacing(1, 0, 0),
    padding: 0,
    display: 'grid',
    gap: 4,
    '& li': { display: 'flex', gap: 8, alignItems: 'center' },
  }),
  list: css({
    margin: 0,
    padding: 0,
    listStyle: 'none',
    display: 'grid',
    gap: 6,
    '& li': { listStyle: 'none' },
    '& > li': { borderLeft: '3px solid', paddingLeft: 8 },
    '& summary': { cursor: 'pointer', padding: '4px 0' },
    '& ol li, & ul li': { listStyle: 'revert' },
  }),
  summary: css({
    display: 'inline-flex',
    gap: 8,
    alignItems: 'center',
    flexWrap: 'wrap',
    maxWidth: 'calc(100% - 20px)',
  }),
});
