/** Rules: what each looks for, whether it can see, what proves it, and how often it is right. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Drawer, FilterInput, useStyles2 } from '@grafana/ui';
import { useMemo } from 'react';
import type { List } from '../../api/answer.ts';
import type { RuleDetail, RuleView } from '../../api/shapes.ts';
import { useRead } from '../../app/data-context.tsx';
import { PageFrame } from '../../app/page-frame.tsx';
import { useUrlState } from '../../app/url-state.ts';
import { Pick } from '../../components/pick.tsx';
import { ReadingView } from '../../components/reading-view.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { EmptyState } from '../../components/states.tsx';
import { ExactTime } from '../../components/time-text.tsx';
import { VirtualTable, type Column } from '../../components/virtual-table.tsx';
import { count, percent, planeName, witnessName } from '../../model/words.ts';
import { shownRules, techniques } from './rules-model.ts';

const defaults = { q: '', health: '', proof: '', rule: '' };

function healthChip(health: RuleView['health']) {
  return <StateChip state={health} tone={health === 'ok' ? 'good' : health === 'blind' ? 'bad' : 'fair'} />;
}

function proofChip(proof: RuleView['proof']) {
  return <StateChip state={proof} tone={proof === 'proven' ? 'good' : 'fair'} />;
}

function precisionText(precision: RuleView['precision']): string {
  return precision === null || precision.value === null
    ? t('rules.few', 'too few verdicts')
    : t('rules.of', '{{share}} of {{samples}}', {
        share: percent(precision.value),
        samples: count(precision.samples),
      });
}

function useColumns(open: (id: string) => void): readonly Column<RuleView>[] {
  const styles = useStyles2(getStyles);
  return [
    {
      id: 'rule',
      title: t('rules.rule', 'Rule'),
      width: 'minmax(280px, 3fr)',
      cell: ({ rule_id: id, detection, title }) => (
        <button type="button" className={styles.name} onClick={() => open(id)}>
          <b>{detection}</b> {title}
        </button>
      ),
    },
    { id: 'plane', title: t('rules.plane', 'Plane'), width: '130px', cell: ({ plane }) => planeName(plane) },
    {
      id: 'health',
      title: t('rules.health', 'Sees'),
      width: '120px',
      cell: ({ health }) => healthChip(health),
    },
    { id: 'proof', title: t('rules.proof', 'Proof'), width: '110px', cell: ({ proof }) => proofChip(proof) },
    {
      id: 'precision',
      title: t('rules.precision', 'Precision'),
      width: '140px',
      fromPx: 1000,
      cell: ({ precision }) => precisionText(precision),
    },
    {
      id: 'findings',
      title: t('rules.findings', 'Findings, 30 d'),
      width: '130px',
      cell: ({ findings_30d: found, suppressed_30d: hidden }) =>
        hidden > 0
          ? t('rules.hidden', '{{found}}, {{hidden}} hidden', { found: count(found), hidden: count(hidden) })
          : count(found),
    },
    {
      id: 'attack',
      title: 'ATT&CK',
      width: '180px',
      fromPx: 1000,
      cell: (rule) => techniques(rule).join(', '),
    },
  ];
}

function Detail({ id }: { id: string }) {
  const styles = useStyles2(getStyles);
  const reading = useRead<RuleDetail>({
    key: `rule/${id}`,
    load: (layer, signal) => layer.rule(id, { signal }),
    on: [],
  });
  return (
    <ReadingView reading={reading}>
      {({ rule, text, runbook_text: runbook, proof_reason: reason, tests, history }) => (
        <div className={styles.detail}>
          <p>{rule.description}</p>
          <p>
            {healthChip(rule.health)} {proofChip(rule.proof)} {reason}
          </p>
          <p className={styles.dim}>
            {t('rules.facts', 'Likelihood {{likelihood}}, effect {{effect}}, precision: {{right}}', {
              likelihood: rule.likelihood,
              effect: rule.effect,
              right: precisionText(rule.precision),
            })}
          </p>
          <p className={styles.dim}>
            {t('rules.needs', 'Needs: {{sources}}', {
              sources:
                rule.requires_sources.map(witnessName).join(', ') || t('rules.any', 'no particular source'),
            })}
          </p>
          <h3>{t('rules.tests', 'Tests')}</h3>
          {tests.length === 0 ? (
            <p className={styles.dim}>{t('rules.no-tests', 'None beside the rule.')}</p>
          ) : (
            <ul>
              {tests.map(({ name, kind }) => (
                <li key={`${kind}/${name}`}>
                  {name} <span className={styles.dim}>· {kind}</span>
                </li>
              ))}
            </ul>
          )}
          {runbook === null ? null : (
            <>
              <h3>{t('rules.runbook', 'Runbook')}</h3>
              <pre className={styles.text}>{runbook}</pre>
            </>
          )}
          <h3>{t('rules.history', 'Changes')}</h3>
          {history.length === 0 ? (
            <p className={styles.dim}>{t('rules.no-history', 'None since the collector watches it.')}</p>
          ) : (
            <ul>
              {history.map(({ at, change, audit_index: index }) => (
                <li key={index}>
                  <ExactTime at={at} /> {change}
                </li>
              ))}
            </ul>
          )}
          {text === null ? null : (
            <>
              <h3>{rule.file}</h3>
              <pre className={styles.text}>{text}</pre>
            </>
          )}
        </div>
      )}
    </ReadingView>
  );
}

/** The page. */
export function RulesPage() {
  const styles = useStyles2(getStyles);
  const [state, write] = useUrlState(defaults);
  const reading = useRead<List<RuleView>>({
    key: 'rules',
    load: (layer, signal, partly) => layer.rules({}, { signal, partly }),
    // Every look is a line of the audit log: only a person asks again.
    on: [],
  });
  const items = reading.value?.items;
  const shown = useMemo(() => shownRules(items ?? [], state), [items, state]);
  const columns = useColumns((rule) => write({ rule }));
  const opened = items?.find(({ rule_id: id }) => id === state.rule);
  const share = (health: RuleView['health']): string =>
    count((items ?? []).filter((rule) => rule.health === health).length);
  return (
    <PageFrame
      title={t('page.rules', 'Rules')}
      about={
        items === undefined
          ? undefined
          : t('rules.about', '{{ok}} see everything they need, {{degraded}} see less, {{blind}} are blind', {
              ok: share('ok'),
              degraded: share('degraded'),
              blind: share('blind'),
            })
      }
    >
      <div className={styles.filters} role="search">
        <div className={styles.search} data-search>
          <FilterInput
            aria-label={t('rules.search', 'Search rules')}
            placeholder={t('rules.search-hint', 'Search id, title, plane, technique ( / )')}
            value={state.q}
            escapeRegex={false}
            onChange={(q) => write({ q })}
          />
        </div>
        <Pick
          label={t('rules.health', 'Sees')}
          all={t('rules.all-health', 'Seeing or not')}
          value={state.health}
          options={[['ok'], ['degraded'], ['blind']]}
          onPick={(health) => write({ health })}
        />
        <Pick
          label={t('rules.proof', 'Proof')}
          all={t('rules.all-proof', 'Proven or not')}
          value={state.proof}
          options={[['proven'], ['stale'], ['never']]}
          onPick={(proof) => write({ proof })}
        />
      </div>
      <ReadingView reading={reading} rows={10}>
        {() =>
          shown.length === 0 ? (
            <EmptyState title={t('rules.no-match', 'No rule passes these filters')} />
          ) : (
            <VirtualTable
              label={t('rules.list', 'Rules')}
              items={shown}
              columns={columns}
              keyOf={({ rule_id: id }) => id}
              open={({ rule_id: rule }) => write({ rule })}
              offsetPx={220}
            />
          )
        }
      </ReadingView>
      {opened === undefined ? null : (
        <Drawer title={`${opened.detection} ${opened.title}`} onClose={() => write({ rule: '' })} size="md">
          <Detail id={opened.rule_id} />
        </Drawer>
      )}
    </PageFrame>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  filters: css({ display: 'flex', gap: 8, flexWrap: 'wrap', marginBottom: theme.spacing(1.5) }),
  search: css({ flex: '1 1 260px', maxWidth: 420 }),
  name: css({
    all: 'unset',
    cursor: 'pointer',
    color: theme.colors.text.primary,
    '&:hover': { textDecoration: 'underline' },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}` },
  }),
  detail: css({
    '& h3': { fontSize: theme.typography.h5.fontSize, marginTop: theme.spacing(2) },
    '& ul': { paddingLeft: 18 },
  }),
  dim: css({ color: theme.colors.text.secondary }),
  text: css({
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
