/** Domain: who controls it, what is, who says so, and whether anyone meant it. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import { Link, useParams } from 'react-router-dom';
import type { List } from '../../api/answer.ts';
import type { CaseSummary, DomainDetail, DomainHistory } from '../../api/shapes.ts';
import { useRead } from '../../app/data-context.tsx';
import { PageFrame } from '../../app/page-frame.tsx';
import { casePath } from '../../app/paths.ts';
import { ReadingView } from '../../components/reading-view.tsx';
import { Section } from '../../components/section.tsx';
import { SeverityBadge } from '../../components/severity-badge.tsx';
import { TimeAgo } from '../../components/time-text.tsx';
import { isOpenCase } from '../../model/open-case.ts';
import { readable } from '../../model/words.ts';
import { Certificates, Changes, Controls, Curves, Intents, Restore, Watchers } from './domain-parts.tsx';
import { SharedWithOthers } from './shared-with-others.tsx';
import { ScoreSection } from './score-section.tsx';

function Facts({ summary }: { summary: DomainDetail['summary'] }) {
  const styles = useStyles2(getStyles);
  const unknown = t('domain.unknown', 'not known');
  const facts: readonly (readonly [string, string])[] = [
    [t('domain.tier', 'Tier'), summary.tier === null ? unknown : String(summary.tier)],
    [t('domain.team', 'Team'), summary.team ?? unknown],
    [t('domain.owner', 'Owner'), summary.owner ?? unknown],
    [t('domain.account', 'Registrar account'), summary.registrar_account ?? unknown],
    [t('domain.provider', 'DNS provider'), summary.dns_provider ?? unknown],
    [t('domain.roles', 'What would be hit'), summary.roles.map(readable).join(', ') || unknown],
  ];
  return (
    <Section title={t('domain.who', 'Who controls what')}>
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function OpenCases({ ids, domain }: { ids: readonly string[]; domain: string }) {
  const styles = useStyles2(getStyles);
  const reading = useRead<List<CaseSummary>>({
    key: `domain-cases/${domain}`,
    load: (layer, signal, partly) => layer.cases({ domain }, { signal, partly }),
    on: ['case'],
  });
  const open = (reading.value?.items ?? []).filter((item) => ids.includes(item.case_id) && isOpenCase(item));
  if (open.length === 0) return null;
  return (
    <Section title={t('domain.cases', 'Open cases')}>
      <ul className={styles.cases}>
        {open.map(({ case_id: id, severity, title, opened_at: at }) => (
          <li key={id}>
            <SeverityBadge severity={severity} />
            <Link to={casePath(id)}>{title}</Link>
            <span>
              {t('domain.opened', 'opened')} <TimeAgo at={at} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function History({ tenant, domain }: { tenant: string; domain: string }) {
  const reading = useRead<DomainHistory>({
    key: `history/${tenant}/${domain}`,
    load: (layer, signal) => layer.domainHistory(tenant, domain, { signal }),
    on: ['score'],
  });
  return (
    <ReadingView reading={reading} rows={3}>
      {(history) => (
        <>
          <Certificates items={history.certificates} />
          <Curves history={history} />
        </>
      )}
    </ReadingView>
  );
}

/** The page. */
export function DomainPage() {
  const { tenant = '', domain = '' } = useParams();
  const styles = useStyles2(getStyles);
  const reading = useRead<DomainDetail>({
    key: `domain/${tenant}/${domain}`,
    load: (layer, signal) => layer.domain(tenant, domain, { signal }),
    on: ['case', 'score'],
  });
  return (
    <PageFrame title={domain} about={tenant}>
      <ReadingView reading={reading} rows={10}>
        {(detail) => (
          <div className={styles.page}>
            <OpenCases ids={detail.cases} domain={domain} />
            <ScoreSection score={detail.score} />
            <Facts summary={detail.summary} />
            <Controls controls={detail.controls} />
            <Changes changes={detail.changes} />
            <SharedWithOthers tenant={tenant} domain={domain} />
            <Intents intents={detail.intents} />
            <History tenant={tenant} domain={domain} />
            <Watchers detail={detail} />
            <Restore restore={detail.restore} />
          </div>
        )}
      </ReadingView>
    </PageFrame>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: 16 }),
  facts: css({
    display: 'flex',
    gap: theme.spacing(1, 4),
    flexWrap: 'wrap',
    margin: 0,
    '& dt': {
      color: theme.colors.text.secondary,
      fontWeight: 400,
      fontSize: theme.typography.bodySmall.fontSize,
    },
    '& dd': { margin: 0 },
  }),
  cases: css({
    listStyle: 'none',
    margin: 0,
    padding: 0,
    '& li': {
      display: 'flex',
      gap: theme.spacing(0.5, 1.25),
      flexWrap: 'wrap',
      alignItems: 'center',
      padding: theme.spacing(0.5, 0),
    },
    '& li > a': { fontWeight: 500 },
    '& li > span:last-child': {
      marginLeft: 'auto',
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
    },
  }),
});
