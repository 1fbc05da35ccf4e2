/** Case: the page a responder opens at night. Six answers first, then the whole story and the work. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { LinkButton, useStyles2 } from '@grafana/ui';
import { useCallback, useMemo, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router-dom';
import type { List } from '../../api/answer.ts';
import type { Case, CaseDetail, CaseSummary, DomainDetail, Status } from '../../api/shapes.ts';
import { useData, useRead, useStatus } from '../../app/data-context.tsx';
import { PageFrame } from '../../app/page-frame.tsx';
import { casePath, domainPath, pagePath } from '../../app/paths.ts';
import { useChange } from '../../app/use-change.ts';
import { ClockBanner } from '../../components/case-clock.tsx';
import { CaseState, dispositionName } from '../../components/case-state.tsx';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { SeverityBadge } from '../../components/severity-badge.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { EmptyState, ErrorState, LoadingState, StaleBanner } from '../../components/states.tsx';
import { TimeAgo } from '../../components/time-text.tsx';
import { changeStories } from '../../model/changes.ts';
import { may } from '../../model/roles.ts';
import { CaseAnswers } from './case-answers.tsx';
import { CaseFacts, RelatedCases, WhoWasTold } from './case-facts.tsx';
import {
  moves,
  nextStep,
  playbookView,
  proposalViews,
  relatedCases,
  unseenOf,
  type StepView,
} from './case-model.ts';
import { CaseTimeline } from './case-timeline.tsx';
import { CaseWork, roleRefusal } from './case-work.tsx';
import { ExportButton } from './export-button.tsx';
import { FindingList, WhySeverity } from './finding-list.tsx';
import { PlaybookSection } from './playbook-section.tsx';
import { ProposalsSection } from './proposals-section.tsx';
import { ProposeDialog } from './propose-dialog.tsx';

const domainsInHead = 3;

function About({ item, held }: { item: Case; held: boolean }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.about}>
      <SeverityBadge severity={item.severity} />
      <CaseState state={item.state} />
      {item.disposition === null ? null : <span>{dispositionName(item.disposition)}</span>}
      {item.drill ? <StateChip state={t('cases.drill', 'drill')} tone="fair" /> : null}
      {held ? (
        <StateChip
          state={t('case.held', 'legal hold')}
          title={t('case.held-why', 'Nothing of this case may be forgotten until an administrator lifts it')}
        />
      ) : null}
      {item.domains.slice(0, domainsInHead).map((domain) => (
        <Link key={domain} to={domainPath(item.tenant, domain)}>
          {domain}
        </Link>
      ))}
      {item.domains.length > domainsInHead ? (
        <span>
          {t('cases.more-domains', 'and {{number}} more', { number: item.domains.length - domainsInHead })}
        </span>
      ) : null}
      <span>
        {t('case.opened', 'opened')} <TimeAgo at={item.opened_at} /> ·{' '}
        {item.assignee ?? t('cases.nobody', 'nobody has it')}
      </span>
    </div>
  );
}

function Merged({ into }: { into: string | null }) {
  if (into === null) return null;
  return (
    <p role="note">
      {t('case.merged', 'This case was merged into')} <Link to={casePath(into)}>{into}</Link>.
    </p>
  );
}

interface ShownProps {
  readonly detail: CaseDetail;
  readonly status: Status | undefined;
  readonly reload: () => void;
}

function Shown({ detail, status, reload }: ShownProps) {
  const styles = useStyles2(getStyles);
  const navigate = useNavigate();
  const { layer } = useData();
  const { case: item, findings } = detail;
  const change = useChange(reload);
  const [proposing, setProposing] = useState<{ step: StepView | undefined }>();
  const open = useRead<List<CaseSummary>>({
    key: 'cases/open',
    load: (own, signal, partly) => own.cases({ state: 'open' }, { signal, partly }),
    on: ['case'],
  });
  const [domain] = item.domains;
  const near = useRead<List<CaseSummary>>({
    key: `cases/of/${item.tenant}/${domain ?? ''}`,
    load: (own, signal) => own.cases({ tenant: item.tenant, domain }, { signal }),
    on: ['case'],
  });
  const domainView = useRead<DomainDetail | undefined>({
    key: `domain/${item.tenant}/${domain ?? ''}`,
    load: (own, signal) =>
      domain === undefined
        ? Promise.resolve({ ok: true, value: undefined })
        : own.domain(item.tenant, domain, { signal }),
    on: ['score'],
  });
  const others = useMemo(
    () =>
      (open.value?.items ?? []).filter(
        (each) => each.tenant === item.tenant && each.case_id !== item.case_id && each.drill === item.drill,
      ),
    [open.value, item],
  );
  const related = useMemo(() => {
    const all = new Map([...others, ...(near.value?.items ?? [])].map((each) => [each.case_id, each]));
    return relatedCases(item, [...all.values()]);
  }, [item, others, near.value]);
  const stories = useMemo(() => changeStories(findings), [findings]);
  const playbook = useMemo(() => playbookView(detail), [detail]);
  const next = nextStep(playbook);
  const unseen = useMemo(
    () => unseenOf(findings, domainView.value?.score?.risk_detail?.planes_silent ?? []),
    [findings, domainView.value],
  );
  const proposals = useMemo(() => proposalViews(detail), [detail]);
  const values = { id: item.case_id };
  const take = async (): Promise<void> => {
    const me = status?.user.id;
    if (me === undefined) return;
    const said = t('work.taken', 'The case is yours.');
    const taken = await change.run('POST /cases/{id}/assign', values, { assignee: me }, said);
    if (taken !== undefined && moves(item).acknowledge)
      await change.run('POST /cases/{id}/acknowledge', values, {}, said);
  };
  const waiting = proposals.some(({ state }) => state === 'proposed');
  const responder = roleRefusal(status, 'responder');
  const ended = moves(item).open
    ? undefined
    : t('work.ended', 'The case is {{state}}.', { state: item.state });
  // A decision that others wait for comes before the steps.
  const proposed = (
    <ProposalsSection
      proposals={proposals}
      status={status}
      offered={layer.writable}
      busy={change.busy}
      approve={({ id }) =>
        void change.run('POST /actions/{id}/approve', { id }, {}, t('proposal.approved', 'Approved.'))
      }
      reject={({ id }, reason) =>
        void change.run(
          'POST /actions/{id}/reject',
          { id },
          reason === '' ? {} : { reason },
          t('proposal.rejected', 'Rejected.'),
        )
      }
      carriedOut={({ id, state }, result) =>
        void change.run(
          state === 'approved' ? 'POST /actions/{id}/executed' : 'POST /actions/{id}/confirmed',
          { id },
          result === '' ? {} : { result },
          state === 'approved'
            ? t('proposal.said-executed', 'Carried out.')
            : t('proposal.said-confirmed', 'Effect seen.'),
        )
      }
      propose={layer.writable ? () => setProposing({ step: undefined }) : undefined}
      proposeRefusal={responder ?? ended}
    />
  );
  return (
    <>
      <Merged into={item.merged_into} />
      {item.clock === null || !moves(item).open ? null : <ClockBanner {...item.clock} />}
      {change.problem === undefined || proposing !== undefined ? null : (
        <ErrorState problem={change.problem} retry={reload} />
      )}
      <CaseAnswers item={item} stories={stories} unseen={unseen} next={next}>
        {layer.writable && moves(item).acknowledge ? (
          <div>
            <GuardedButton size="sm" refusal={responder} disabled={change.busy} onClick={() => void take()}>
              {t('work.take-first', 'Take the case')}
            </GuardedButton>
          </div>
        ) : null}
        {next?.factMissing === true ? (
          <StateChip
            state={t('playbook.fact-missing', 'fact missing')}
            tone="fair"
            title={t('playbook.fact-missing-why', 'Write it into the inventory before the next night')}
          />
        ) : null}
      </CaseAnswers>
      <div className={styles.columns}>
        <div className={styles.column}>
          <CaseTimeline item={item} findings={findings} />
          <FindingList findings={findings} />
        </div>
        <div className={styles.column}>
          {layer.writable ? (
            <CaseWork
              item={item}
              held={detail.legal_hold}
              findings={findings}
              others={others}
              status={status}
              change={change}
              take={() => void take()}
              merged={(id) => navigate(casePath(id))}
            />
          ) : null}
          {waiting ? proposed : null}
          <PlaybookSection
            playbook={playbook}
            refusal={responder ?? ended}
            offered={layer.writable}
            busy={change.busy}
            done={async (step, result) =>
              (await change.run(
                'POST /cases/{id}/steps',
                values,
                { step: step.id, ...(result === '' ? {} : { result }) },
                t('playbook.said', 'Step done.'),
              )) !== undefined
            }
            propose={(step) => setProposing({ step })}
          />
          {waiting ? null : proposed}
          <WhySeverity item={item} findings={findings} />
          <WhoWasTold item={item} />
          <RelatedCases related={related} />
          <CaseFacts item={item} />
        </div>
      </div>
      {proposing === undefined ? null : (
        <ProposeDialog
          item={item}
          step={proposing.step}
          change={change}
          dismiss={() => {
            change.forget();
            setProposing(undefined);
          }}
        />
      )}
    </>
  );
}

/** The page. */
export function CasePage() {
  const { id = '' } = useParams();
  const status = useStatus();
  const reading = useRead<CaseDetail>({
    key: `case/${id}`,
    load: (layer, signal) => layer.caseDetail(id, { signal }),
    on: ['case', 'finding'],
  });
  const { value: detail, problem } = reading;
  const reload = useCallback(
    () => reading.reload(),
    // `reload` always leads to the newest reading.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [id],
  );
  const queue = (
    <LinkButton variant="secondary" size="sm" href={pagePath('cases')}>
      {t('case.to-queue', 'To the queue')}
    </LinkButton>
  );
  return (
    <PageFrame
      title={detail?.case.title ?? t('page.case', 'Case')}
      about={detail === undefined ? undefined : <About item={detail.case} held={detail.legal_hold} />}
      actions={
        detail === undefined ? undefined : (
          <ExportButton
            id={id}
            refusal={may(status.value, 'responder') ? undefined : roleRefusal(status.value, 'responder')}
          />
        )
      }
    >
      {problem === undefined ? null : detail === undefined ? (
        <ErrorState problem={problem} retry={reload} way={queue} />
      ) : (
        <StaleBanner answeredMs={reading.answeredMs} problem={problem} retry={reload} />
      )}
      {detail === undefined ? (
        problem === undefined && <LoadingState rows={8} />
      ) : detail.findings.length === 0 && detail.case.timeline.length === 0 ? (
        <EmptyState title={t('case.empty', 'Nothing is known about this case any more')} action={queue} />
      ) : (
        <Shown detail={detail} status={status.value} reload={reload} />
      )}
    </PageFrame>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  about: css({ display: 'flex', gap: 10, alignItems: 'center', flexWrap: 'wrap', marginTop: 4 }),
  columns: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1.55fr) minmax(0, 1fr)',
    gap: theme.spacing(1.5),
    alignItems: 'start',
    '@media (max-width: 1100px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
  column: css({ display: 'grid', gap: theme.spacing(1.5), minWidth: 0 }),
});
