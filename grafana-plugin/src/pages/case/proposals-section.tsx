/** Proposed actions: what exactly would change, who said yes, and what came of it. Four eyes. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, Input, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import type { Status } from '../../api/shapes.ts';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { Section } from '../../components/section.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { toneColor, type ScoreTone } from '../../components/tone.ts';
import { safe, utc, witnessName } from '../../model/words.ts';
import {
  approvalRefusal,
  handRefusal,
  rejectRefusal,
  type ProposalView,
  type Refusal,
} from './case-model.ts';
import { plannedChange } from './planned-change.ts';

/** Why a button may not be pressed, for people. */
export function refusalText(refusal: Refusal | undefined): string | undefined {
  if (refusal === undefined) return undefined;
  if (refusal === 'role') return t('refusal.role', 'It needs the role approver.');
  if (refusal === 'program')
    return t('refusal.program', 'Only a person can decide, never a service token alone.');
  if (refusal === 'own') return t('refusal.own', 'You proposed it: somebody else has to approve.');
  if (refusal === 'responder') return t('refusal.responder', 'It needs the role responder.');
  if (refusal === 'executor')
    return t('refusal.executor', 'You carried it out: somebody else has to see the effect.');
  return t('refusal.again', 'You approved it already: another person is needed.');
}

const tones: Readonly<Record<string, ScoreTone>> = {
  proposed: 'fair',
  approved: 'fair',
  running: 'fair',
  executed: 'good',
  confirmed: 'good',
  rejected: 'bad',
  failed: 'bad',
};

interface ProposalsSectionProps {
  readonly proposals: readonly ProposalView[];
  readonly status: Status | undefined;
  readonly offered: boolean;
  readonly busy: boolean;
  readonly approve: (proposal: ProposalView) => void;
  readonly reject: (proposal: ProposalView, reason: string) => void;
  /** A proposal in words: carried out while it is approved, its effect seen after that. */
  readonly carriedOut: (proposal: ProposalView, result: string) => void;
  /** Opens the dialog for a new one; undefined: not offered now. */
  readonly propose: (() => void) | undefined;
  /** Why one may not propose. */
  readonly proposeRefusal: string | undefined;
}

function Change({ line }: { line: string }) {
  const styles = useStyles2(getStyles);
  const change = plannedChange(line);
  if (change === undefined) return <li>{safe(line)}</li>;
  return (
    <li className={styles.change}>
      <b>{safe(change.object)}</b>
      <code className={styles.went}>− {safe(change.before)}</code>
      <code className={styles.came}>+ {safe(change.after)}</code>
    </li>
  );
}

function Effect({ proposal }: { proposal: ProposalView }) {
  const styles = useStyles2(getStyles);
  const { action } = proposal;
  if (action === undefined)
    return (
      <>
        <p className={styles.dim}>
          {t('proposal.by-hand', 'A person carries it out; the approval is kept as a record.')}
        </p>
        {proposal.executedBy === undefined ? null : (
          <p>
            {t('proposal.executed-by', 'Carried out by {{who}}', { who: safe(proposal.executedBy) })}
            {proposal.result === undefined ? '' : `: ${safe(proposal.result)}`}
          </p>
        )}
      </>
    );
  return (
    <>
      <p className={styles.dim}>
        {action.dry_run.length === 0
          ? t('proposal.no-effect', 'The dry run found nothing to change.')
          : t('proposal.dry-run', 'What the dry run would change')}
      </p>
      <ul className={styles.changes}>
        {action.dry_run.map((line) => (
          <Change key={line} line={line} />
        ))}
      </ul>
      {action.result === null ? null : <p>{safe(action.result)}</p>}
      {action.confirmed_by === null ? null : (
        <p>
          {t('proposal.confirmed', 'Confirmed from outside by: {{witness}}', {
            witness: witnessName(action.confirmed_by),
          })}
        </p>
      )}
      <details>
        <summary>{t('proposal.plan', 'Plan as the collector carries it out')}</summary>
        <pre tabIndex={0} aria-label={t('proposal.plan', 'Plan as the collector carries it out')}>
          {JSON.stringify(action.plan, null, 2)}
        </pre>
      </details>
    </>
  );
}

function Decide({ proposal, ...props }: ProposalsSectionProps & { proposal: ProposalView }) {
  const styles = useStyles2(getStyles);
  const [rejects, setRejects] = useState(false);
  const [reason, setReason] = useState('');
  const refused = refusalText(approvalRefusal(proposal, props.status));
  if (rejects)
    return (
      <form
        className={styles.buttons}
        onSubmit={(event) => {
          event.preventDefault();
          props.reject(proposal, reason.trim());
        }}
      >
        <Input
          aria-label={t('proposal.reject-reason', 'Reason')}
          placeholder={t('proposal.reject-hint', 'Why not? It goes into the timeline')}
          value={reason}
          autoFocus
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button type="submit" variant="destructive" disabled={props.busy}>
          {t('proposal.reject', 'Reject')}
        </Button>
        <Button type="button" variant="secondary" fill="text" onClick={() => setRejects(false)}>
          {t('dialog.cancel', 'Cancel')}
        </Button>
      </form>
    );
  return (
    <>
      <div className={styles.buttons}>
        <GuardedButton
          size="sm"
          refusal={refused}
          disabled={props.busy}
          onClick={() => props.approve(proposal)}
        >
          {t('proposal.approve', 'Approve')}
        </GuardedButton>
        <GuardedButton
          size="sm"
          variant="secondary"
          refusal={refusalText(rejectRefusal(props.status))}
          disabled={props.busy}
          onClick={() => setRejects(true)}
        >
          {t('proposal.reject-ask', 'Reject …')}
        </GuardedButton>
      </div>
      {refused === undefined ? null : <p className={styles.why}>{refused}</p>}
    </>
  );
}

/** For a sentence that the collector cannot carry out: one person did it, another one saw that it worked. */
function ByHand({ proposal, ...props }: ProposalsSectionProps & { proposal: ProposalView }) {
  const styles = useStyles2(getStyles);
  const [result, setResult] = useState('');
  const approved = proposal.state === 'approved';
  const refused = refusalText(handRefusal(proposal, props.status));
  return (
    <form
      className={styles.buttons}
      onSubmit={(event) => {
        event.preventDefault();
        if (refused === undefined) props.carriedOut(proposal, result.trim());
      }}
    >
      {refused === undefined ? (
        <Input
          aria-label={t('proposal.result', 'What came of it')}
          placeholder={
            approved
              ? t('proposal.result-hint', 'What came of it? (optional)')
              : t('proposal.seen-hint', 'What did you see? (optional)')
          }
          value={result}
          onChange={(event) => setResult(event.currentTarget.value)}
        />
      ) : null}
      <GuardedButton type="submit" size="sm" variant="secondary" refusal={refused} disabled={props.busy}>
        {approved ? t('proposal.mark-executed', 'Carried out') : t('proposal.mark-confirmed', 'Effect seen')}
      </GuardedButton>
      {refused === undefined ? null : <p className={styles.why}>{refused}</p>}
    </form>
  );
}

function Proposal(props: ProposalsSectionProps & { proposal: ProposalView }) {
  const styles = useStyles2(getStyles);
  const { proposal } = props;
  const tone = tones[proposal.state];
  return (
    <li className={styles.proposal} data-proposal={proposal.id}>
      <p>
        <b>{safe(proposal.what)}</b>
      </p>
      <p className={styles.row}>
        <StateChip state={proposal.state} {...(tone === undefined ? {} : { tone })} />
        <span className={styles.dim}>
          {t('proposal.eyes', '{{given}} of {{needed}} approvals', {
            given: proposal.approvals.length,
            needed: proposal.approvalsNeeded,
          })}
          {proposal.approvals.length === 0 ? '' : `: ${proposal.approvals.map(safe).join(', ')}`}
        </span>
      </p>
      <p className={styles.dim}>
        {t('proposal.by', 'Proposed by {{who}}', { who: safe(proposal.by) })}
        {proposal.at === undefined ? '' : `, ${utc(proposal.at)}`}
      </p>
      <Effect proposal={proposal} />
      {proposal.state === 'proposed' && props.offered ? <Decide {...props} /> : null}
      {proposal.action === undefined &&
      (proposal.state === 'approved' || proposal.state === 'executed') &&
      props.offered ? (
        <ByHand key={proposal.state} {...props} />
      ) : null}
    </li>
  );
}

/** Every proposal of a case. */
export function ProposalsSection(props: ProposalsSectionProps) {
  const styles = useStyles2(getStyles);
  return (
    <Section
      title={t('proposal.title', 'Proposed actions')}
      aside={
        props.propose === undefined ? null : (
          <GuardedButton
            size="sm"
            variant="secondary"
            icon="plus"
            refusal={props.proposeRefusal}
            onClick={props.propose}
          >
            {t('proposal.new', 'Propose')}
          </GuardedButton>
        )
      }
    >
      {props.proposals.length === 0 ? (
        <p className={styles.dim}>
          {t(
            'proposal.none',
            'Nothing is proposed. The collector changes nothing by itself: what changes a domain is proposed, looked at, and approved by others first.',
          )}
        </p>
      ) : (
        <ul className={styles.list}>
          {props.proposals.map((proposal) => (
            <Proposal key={proposal.id} {...props} proposal={proposal} />
          ))}
        </ul>
      )}
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ margin: 0, padding: 0, listStyle: 'none', display: 'grid', gap: 10 }),
  proposal: css({
    display: 'grid',
    gap: 5,
    padding: '8px 10px',
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    minWidth: 0,
    '& p': { margin: 0, overflowWrap: 'anywhere' },
    '& summary': { cursor: 'pointer', color: theme.colors.text.secondary },
    '& pre': { margin: '4px 0 0', fontSize: 12, whiteSpace: 'pre-wrap', color: theme.colors.text.primary },
  }),
  row: css({ display: 'flex', gap: 8, alignItems: 'center', flexWrap: 'wrap' }),
  changes: css({ margin: 0, padding: 0, listStyle: 'none', display: 'grid', gap: 4 }),
  change: css({
    display: 'grid',
    gap: 1,
    '& code': { margin: 0, padding: '0 4px', border: 0, overflowWrap: 'anywhere', whiteSpace: 'normal' },
  }),
  went: css({ '&&': { color: toneColor(theme, 'bad'), background: `${toneColor(theme, 'bad')}1a` } }),
  came: css({ '&&': { color: toneColor(theme, 'good'), background: `${toneColor(theme, 'good')}1a` } }),
  buttons: css({ display: 'flex', gap: 8, flexWrap: 'wrap' }),
  why: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  dim: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize, margin: 0 }),
});
