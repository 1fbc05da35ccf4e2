/** What a responder does with a case: take, contain, close and the rest, each with the reason when it is not possible. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import { useState, type ReactNode } from 'react';
import type { Case, CaseSummary, Finding, Role, Status } from '../../api/shapes.ts';
import type { Change } from '../../app/use-change.ts';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { Section } from '../../components/section.tsx';
import { may } from '../../model/roles.ts';
import {
  AssignDialog,
  CloseDialog,
  MergeDialog,
  SplitDialog,
  SuppressDialog,
  TextDialog,
} from './case-dialogs.tsx';
import { moves } from './case-model.ts';

type Asked =
  'assign' | 'note' | 'contain' | 'close' | 'reopen' | 'merge' | 'split' | 'suppress' | 'hold' | 'release';

interface CaseWorkProps {
  readonly item: Case;
  /** True while nothing of the case may be forgotten. */
  readonly held: boolean;
  readonly findings: readonly Finding[];
  readonly others: readonly CaseSummary[];
  readonly status: Status | undefined;
  readonly change: Change;
  readonly take: () => void;
  readonly merged: (id: string) => void;
}

/** Why the person may not do what needs a role. */
export function roleRefusal(status: Status | undefined, role: Role): string | undefined {
  return may(status, role) ? undefined : t('refusal.needs', 'It needs the role “{{role}}”.', { role });
}

function AskedDialog({ asked, ...props }: CaseWorkProps & { asked: Asked; dismiss: () => void }) {
  const { item, change, dismiss, findings, others, merged } = props;
  const parts = { item, change, dismiss };
  const why = t('work.why', 'Reason (optional)');
  switch (asked) {
    case 'assign':
      return <AssignDialog {...parts} />;
    case 'close':
      return <CloseDialog {...parts} />;
    case 'merge':
      return <MergeDialog {...parts} others={others} merged={merged} />;
    case 'split':
      return <SplitDialog {...parts} findings={findings} />;
    case 'suppress':
      return <SuppressDialog {...parts} findings={findings} />;
    case 'note':
      return (
        <TextDialog
          {...parts}
          name="note"
          title={t('note.title', 'Note for the timeline')}
          label={t('note.label', 'What others should know')}
          verb={t('note.verb', 'Add note')}
          said={t('note.said', 'Note added.')}
        />
      );
    case 'contain':
      return (
        <TextDialog
          {...parts}
          name="contain"
          title={t('contain.title', 'The attack is stopped')}
          label={why}
          verb={t('contain.verb', 'Contained')}
          said={t('contain.said', 'Case contained.')}
        />
      );
    case 'reopen':
      return (
        <TextDialog
          {...parts}
          name="reopen"
          title={t('reopen.title', 'Open the case again')}
          label={why}
          verb={t('reopen.verb', 'Open again')}
          said={t('reopen.said', 'Case open again.')}
        />
      );
    case 'hold':
      return (
        <TextDialog
          {...parts}
          name="hold"
          title={t('hold.title', 'Legal hold: keep everything of this case')}
          label={why}
          verb={t('hold.verb', 'Set hold')}
          said={t('hold.said', 'Legal hold set.')}
        />
      );
    case 'release':
      return (
        <TextDialog
          {...parts}
          name="release"
          title={t('release.title', 'Lift the legal hold')}
          label={why}
          verb={t('release.verb', 'Lift hold')}
          said={t('release.said', 'Legal hold lifted.')}
        />
      );
  }
}

/** Buttons and their dialogs. */
export function CaseWork(props: CaseWorkProps) {
  const styles = useStyles2(getStyles);
  const { item, held, status, change, take, others } = props;
  const [asked, setAsked] = useState<Asked>();
  const can = moves(item);
  const notResponder = roleRefusal(status, 'responder');
  const mine = item.assignee !== null && item.assignee === status?.user.id;
  const ended = can.open ? undefined : t('work.ended', 'The case is {{state}}.', { state: item.state });
  const alone =
    others.length === 0 ? t('work.alone', 'There is no other open case of this tenant.') : undefined;
  const one = item.finding_ids.length < 2 ? t('work.one', 'The case has only one finding.') : undefined;
  const button = (
    name: Asked,
    label: ReactNode,
    refusal: string | undefined,
    variant: 'primary' | 'secondary' = 'secondary',
  ) => (
    <GuardedButton
      key={name}
      size="sm"
      variant={variant}
      fill={variant === 'primary' ? 'solid' : 'outline'}
      refusal={refusal}
      onClick={() => {
        change.forget();
        setAsked(name);
      }}
    >
      {label}
    </GuardedButton>
  );
  return (
    <Section title={t('work.title', 'Work on the case')}>
      {notResponder === undefined ? null : (
        <p className={styles.dim}>
          {t('work.read-only', 'You may look, not act. {{why}}', { why: notResponder })}
        </p>
      )}
      <div className={styles.buttons}>
        {can.open && !mine ? (
          <GuardedButton
            size="sm"
            variant={can.acknowledge ? 'primary' : 'secondary'}
            refusal={notResponder}
            disabled={change.busy}
            onClick={take}
          >
            {item.assignee === null ? t('work.take', 'Take it') : t('work.take-over', 'Take it over')}
          </GuardedButton>
        ) : null}
        {can.open ? button('assign', t('work.assign', 'Assign …'), notResponder) : null}
        {button('note', t('work.note', 'Note …'), notResponder)}
        {can.contain ? button('contain', t('work.contain', 'Attack is stopped …'), notResponder) : null}
        {can.close ? button('close', t('work.close', 'Close …'), notResponder) : null}
        {can.reopen ? button('reopen', t('work.reopen', 'Open again …'), notResponder, 'primary') : null}
      </div>
      <div className={styles.buttons}>
        {button('suppress', t('work.suppress', 'Suppress …'), notResponder)}
        {button('merge', t('work.merge', 'Merge …'), notResponder ?? ended ?? alone)}
        {button('split', t('work.split', 'Split …'), notResponder ?? ended ?? one)}
        {held
          ? button('release', t('work.release', 'Lift legal hold …'), roleRefusal(status, 'admin'))
          : button('hold', t('work.hold', 'Legal hold …'), roleRefusal(status, 'approver'))}
      </div>
      {asked === undefined ? null : (
        <AskedDialog {...props} asked={asked} dismiss={() => setAsked(undefined)} />
      )}
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  buttons: css({ display: 'flex', gap: 8, flexWrap: 'wrap', '& + &': { marginTop: 8 } }),
  dim: css({ color: theme.colors.text.secondary }),
});
