/** Facts, who was told, and cases nearby. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import { Fragment, type ReactNode } from 'react';
import { Link } from 'react-router-dom';
import type { Case, CaseSummary } from '../../api/shapes.ts';
import { casePath, domainPath } from '../../app/paths.ts';
import { CaseState } from '../../components/case-state.tsx';
import { Section } from '../../components/section.tsx';
import { SeverityBadge } from '../../components/severity-badge.tsx';
import { ExactTime, TimeAgo } from '../../components/time-text.tsx';
import { safe, utc } from '../../model/words.ts';

const domainsShown = 20;
const relatedShown = 8;

/** Names, people and times of a case. */
export function CaseFacts({ item }: { readonly item: Case }) {
  const styles = useStyles2(getStyles);
  const nobody = t('facts.nobody-named', 'nobody named');
  const rows: readonly (readonly [string, ReactNode])[] = [
    [
      t('facts.domains', 'Domains'),
      <>
        {item.domains.slice(0, domainsShown).map((domain, at) => (
          <Fragment key={domain}>
            {at > 0 ? ', ' : ''}
            <Link to={domainPath(item.tenant, domain)}>{domain}</Link>
          </Fragment>
        ))}
        {item.domains.length > domainsShown
          ? ` ${t('cases.more-domains', 'and {{number}} more', { number: item.domains.length - domainsShown })}`
          : ''}
      </>,
    ],
    [
      t('facts.accounts', 'Registrar accounts'),
      item.registrar_accounts.map(safe).join(', ') || t('facts.none-named', 'none named'),
    ],
    [
      t('facts.actors', 'Actors'),
      item.actors.map(safe).join(', ') || t('facts.nobody-known', 'nobody known'),
    ],
    [t('facts.owner', 'Owner'), item.owner ?? nobody],
    [t('facts.team', 'Team'), item.team ?? nobody],
    [t('facts.assignee', 'Who has it'), item.assignee ?? t('cases.nobody', 'nobody has it')],
    [t('facts.tenant', 'Tenant'), item.tenant],
    [t('facts.opened', 'Opened'), <ExactTime key="opened" at={item.opened_at} />],
    [t('facts.updated', 'Updated'), <ExactTime key="updated" at={item.updated_at} />],
    [
      t('facts.case', 'Case'),
      <code key="case">
        {item.case_id} · {t('facts.revision', 'revision {{number}}', { number: item.revision })}
      </code>,
    ],
  ];
  return (
    <Section title={t('facts.title', 'Facts')}>
      <dl className={styles.facts}>
        {rows.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
    </Section>
  );
}

/** Who heard of it, by what receivers confirmed and by when it paged. */
export function WhoWasTold({ item }: { readonly item: Case }) {
  const styles = useStyles2(getStyles);
  const told = item.timeline.filter(({ kind }) => kind === 'notification');
  const loudness: Readonly<Record<string, string>> = {
    page: t('told.page', 'It is loud enough to page.'),
    ticket: t('told.ticket', 'It is worth a ticket, not a page.'),
    digest: t('told.digest', 'It waits for the daily digest.'),
    none: t('told.none', 'It speaks to nobody now.'),
  };
  return (
    <Section title={t('told.title', 'Who was told')}>
      <p className={styles.line}>
        {item.paged_at === null
          ? t('told.never', 'It never paged.')
          : t('told.paged', 'It paged at {{time}}.', { time: utc(item.paged_at) })}{' '}
        {loudness[item.notify]}
      </p>
      {told.length === 0 ? (
        <p className={styles.dim}>{t('told.no-receipt', 'No receiver has confirmed a notification.')}</p>
      ) : (
        <ul className={styles.plain}>
          {told.map(({ ref, at, text }) => (
            <li key={ref}>
              <ExactTime at={at} /> {safe(text)}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** Cases that share a domain with this one. */
export function RelatedCases({ related }: { readonly related: readonly CaseSummary[] }) {
  const styles = useStyles2(getStyles);
  if (related.length === 0) return null;
  return (
    <Section title={t('related.title', 'Related cases ({{number}})', { number: related.length })}>
      <ul className={styles.plain}>
        {related.slice(0, relatedShown).map((each) => (
          <li key={each.case_id} className={styles.related}>
            <SeverityBadge severity={each.severity} />
            <Link to={casePath(each.case_id)}>{each.title}</Link>
            <CaseState state={each.state} />
            <span className={styles.dim}>
              <TimeAgo at={each.opened_at} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  facts: css({
    margin: 0,
    display: 'grid',
    gridTemplateColumns: 'minmax(90px, auto) minmax(0, 1fr)',
    gap: '4px 16px',
    '& dt': { fontWeight: 400, color: theme.colors.text.secondary },
    '& dd': { margin: 0, overflowWrap: 'anywhere' },
    '& code': {
      margin: 0,
      padding: 0,
      border: 0,
      background: 'none',
      color: theme.colors.text.primary,
      whiteSpace: 'normal',
    },
  }),
  line: css({ margin: 0 }),
  plain: css({ margin: 0, padding: 0, listStyle: 'none', display: 'grid', gap: 6 }),
  related: css({ display: 'flex', gap: 8, alignItems: 'center', flexWrap: 'wrap' }),
  dim: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize, margin: 0 }),
});
