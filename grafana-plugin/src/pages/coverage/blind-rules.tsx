/** Rules that see nothing or less, and which source to connect or mend first. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import { Link } from 'react-router-dom';
import type { List } from '../../api/answer.ts';
import type { CoverageView, RuleView } from '../../api/shapes.ts';
import { useRead } from '../../app/data-context.tsx';
import { pagePath } from '../../app/paths.ts';
import { PlainTable } from '../../components/plain-table.tsx';
import { ReadingView } from '../../components/reading-view.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { count, witnessName } from '../../model/words.ts';
import { missedBy, missedKinds } from './coverage-model.ts';

function WhatHelps({ rules, kinds }: { rules: readonly RuleView[]; kinds: readonly CoverageView[] }) {
  return (
    <PlainTable
      label={t('coverage.helps', 'What would help most')}
      items={missedKinds(rules, kinds)}
      keyOf={({ kind }) => kind}
      columns={[
        { title: t('coverage.missed', 'Missed'), cell: ({ kind }) => witnessName(kind) },
        {
          title: t('coverage.why-missed', 'Why'),
          cell: ({ silent }) =>
            silent ? (
              <StateChip state={t('coverage.silent', 'silent')} tone="bad" />
            ) : (
              <StateChip state={t('coverage.not-connected', 'not connected')} />
            ),
        },
        { title: t('coverage.blind-rules', 'Blind rules that want it'), cell: ({ blind }) => count(blind) },
        {
          title: t('coverage.degraded-rules', 'Rules that see less'),
          cell: ({ degraded }) => count(degraded),
        },
      ]}
    />
  );
}

function Rules({
  title,
  rules,
  kinds,
  open,
}: {
  title: string;
  rules: readonly RuleView[];
  kinds: readonly CoverageView[];
  open: boolean;
}) {
  const styles = useStyles2(getStyles);
  if (rules.length === 0) return null;
  return (
    <details open={open} className={styles.rules}>
      <summary>{title}</summary>
      <PlainTable
        label={title}
        items={rules}
        keyOf={({ rule_id: id }) => id}
        columns={[
          {
            title: t('coverage.rule', 'Rule'),
            cell: ({ detection, title: name }) => (
              <Link to={pagePath('rules', { q: detection })}>
                <b>{detection}</b> {name}
              </Link>
            ),
          },
          {
            title: t('coverage.misses', 'Misses'),
            cell: (rule) => missedBy(rule, kinds).map(witnessName).join(', '),
          },
          {
            title: t('coverage.has', 'Has'),
            cell: (rule) => {
              const missed = missedBy(rule, kinds);
              const has = rule.requires_sources.filter((kind) => !missed.includes(kind));
              return has.length === 0 ? '–' : has.map(witnessName).join(', ');
            },
          },
        ]}
      />
    </details>
  );
}

/** The section of the coverage page. */
export function BlindRules({ kinds }: { readonly kinds: readonly CoverageView[] }) {
  const reading = useRead<List<RuleView>>({
    key: 'coverage/rules',
    load: (layer, signal, partly) => layer.rules({}, { signal, partly }),
    // Every look is a line of the audit log: only a person asks again.
    on: [],
  });
  const of = (health: RuleView['health']) =>
    reading.value?.items.filter((rule) => rule.health === health) ?? [];
  const blind = of('blind');
  const degraded = of('degraded');
  return (
    <ReadingView reading={reading}>
      {({ items }) =>
        blind.length + degraded.length === 0 ? (
          <p>{t('coverage.all-see', 'Every rule sees what it needs.')}</p>
        ) : (
          <>
            <WhatHelps rules={items} kinds={kinds} />
            <Rules
              title={t('coverage.blind-list', '{{number}} rules are blind', { number: count(blind.length) })}
              rules={blind}
              kinds={kinds}
              open={blind.length <= 12}
            />
            <Rules
              title={t('coverage.degraded-list', '{{number}} rules see less than they want', {
                number: count(degraded.length),
              })}
              rules={degraded}
              kinds={kinds}
              open={false}
            />
          </>
        )
      }
    </ReadingView>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  rules: css({
    marginTop: theme.spacing(1.5),
    '& summary': { cursor: 'pointer', fontWeight: 500, marginBottom: theme.spacing(0.5) },
  }),
});
