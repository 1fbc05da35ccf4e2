/** What to do, step by step, with what the automatic steps found. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, Input, useStyles2, useTheme2 } from '@grafana/ui';
import { useState, type FormEvent } from 'react';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { Section } from '../../components/section.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { toneColor } from '../../components/tone.ts';
import { duration, safe, utc } from '../../model/words.ts';
import { nextStep, type PlaybookView, type StepView } from './case-model.ts';

interface PlaybookSectionProps {
  readonly playbook: PlaybookView | undefined;
  /** Why nothing may be changed here; undefined: it may. */
  readonly refusal: string | undefined;
  /** False: nothing is offered, for example from telemetry alone. */
  readonly offered: boolean;
  readonly busy: boolean;
  readonly done: (step: StepView, result: string) => Promise<boolean>;
  readonly propose: (step: StepView) => void;
}

function modeText({ mode, everySeconds, destructive }: StepView): string {
  if (mode === 'automatic')
    return everySeconds === undefined
      ? t('playbook.automatic', 'by itself')
      : t('playbook.repeated', 'by itself, every {{time}}', { time: duration(everySeconds * 1000) });
  if (mode === 'manual') return t('playbook.manual', 'a person does it');
  return destructive
    ? t('playbook.destructive', 'two others approve')
    : t('playbook.prepared', 'one other approves');
}

function DoneForm({
  step,
  busy,
  done,
  close,
}: {
  step: StepView;
  busy: boolean;
  done: PlaybookSectionProps['done'];
  close: () => void;
}) {
  const styles = useStyles2(getStyles);
  const [result, setResult] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void done(step, result.trim()).then((accepted) => accepted && close());
  };
  return (
    <form onSubmit={submit} className={styles.form}>
      <Input
        aria-label={t('playbook.result', 'What came of it')}
        placeholder={t('playbook.result-hint', 'What came of it? (optional)')}
        value={result}
        autoFocus
        maxLength={1000}
        onChange={(event) => setResult(event.currentTarget.value)}
      />
      <Button type="submit" size="md" disabled={busy}>
        {t('playbook.save-done', 'Done')}
      </Button>
      <Button type="button" variant="secondary" fill="text" onClick={close}>
        {t('dialog.cancel', 'Cancel')}
      </Button>
    </form>
  );
}

function Step({
  step,
  number,
  current,
  ...props
}: PlaybookSectionProps & { step: StepView; number: number; current: boolean }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const [asks, setAsks] = useState(false);
  const isDone = step.doneAt !== undefined;
  const waits = !isDone && step.mode !== 'automatic';
  return (
    <li
      className={cx(styles.step, current && styles.current)}
      aria-current={current ? 'step' : undefined}
      data-step={step.id}
    >
      <span
        className={styles.number}
        style={
          isDone ? { color: toneColor(theme, 'good'), borderColor: toneColor(theme, 'good') } : undefined
        }
        aria-hidden="true"
      >
        {isDone ? '✓' : number}
      </span>
      <div className={styles.words}>
        <p className={isDone ? styles.past : undefined}>{safe(step.text)}</p>
        <p className={styles.dim}>
          {isDone
            ? t('playbook.done-by', 'Done {{time}} by {{who}}', {
                time: utc(step.doneAt),
                who: step.doneBy === 'system' ? t('playbook.itself', 'itself') : (step.doneBy ?? '?'),
              })
            : modeText(step)}
          {step.factMissing && !isDone ? (
            <StateChip
              state={t('playbook.fact-missing', 'fact missing')}
              tone="fair"
              title={t('playbook.fact-missing-why', 'Write it into the inventory before the next night')}
            />
          ) : null}
        </p>
        {step.result === undefined ? null : <p className={styles.result}>{safe(step.result)}</p>}
        {asks ? (
          <DoneForm step={step} busy={props.busy} done={props.done} close={() => setAsks(false)} />
        ) : null}
        {waits && !asks && props.offered ? (
          <div className={styles.buttons}>
            <GuardedButton
              size="sm"
              variant={current ? 'primary' : 'secondary'}
              fill={current ? 'solid' : 'outline'}
              refusal={props.refusal}
              onClick={() => (step.mode === 'prepared' ? props.propose(step) : setAsks(true))}
            >
              {step.mode === 'prepared'
                ? t('playbook.propose', 'Propose …')
                : t('playbook.mark-done', 'Mark done')}
            </GuardedButton>
          </div>
        ) : null}
      </div>
    </li>
  );
}

/** The playbook of a case. */
export function PlaybookSection(props: PlaybookSectionProps) {
  const styles = useStyles2(getStyles);
  const { playbook } = props;
  if (playbook === undefined)
    return (
      <Section title={t('playbook.title', 'Playbook')}>
        <p className={styles.dim}>{t('case.no-playbook', 'No playbook is bound to this kind of case.')}</p>
      </Section>
    );
  const next = nextStep(playbook);
  const done = playbook.steps.filter(({ doneAt }) => doneAt !== undefined).length;
  const total = playbook.steps.length;
  return (
    <Section
      title={`${playbook.id} ${playbook.title}`}
      aside={
        <span className={styles.dim}>
          {t('playbook.progress', '{{done}} of {{total}} done', { done, total })}
        </span>
      }
    >
      <div className={styles.track} aria-hidden="true">
        <div style={{ width: `${(done / total) * 100}%` }} className={styles.fill} />
      </div>
      <ol className={styles.steps}>
        {playbook.steps.map((step, at) => (
          <Step key={step.id} {...props} step={step} number={at + 1} current={step === next} />
        ))}
      </ol>
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  track: css({ height: 4, borderRadius: 2, background: theme.colors.border.medium, overflow: 'hidden' }),
  fill: css({ height: '100%', background: toneColor(theme, 'good') }),
  steps: css({ margin: theme.spacing(1, 0, 0), padding: 0, listStyle: 'none', display: 'grid', gap: 4 }),
  step: css({
    display: 'grid',
    gridTemplateColumns: '22px minmax(0, 1fr)',
    gap: 10,
    padding: '6px 8px',
    borderRadius: theme.shape.radius.default,
    '& p': { margin: 0, overflowWrap: 'anywhere' },
  }),
  current: css({
    background: theme.colors.background.secondary,
    boxShadow: `inset 2px 0 0 ${theme.colors.primary.border}`,
  }),
  number: css({
    width: 22,
    height: 22,
    borderRadius: 11,
    border: `1px solid ${theme.colors.border.strong}`,
    display: 'grid',
    placeItems: 'center',
    fontSize: 12,
    color: theme.colors.text.secondary,
  }),
  words: css({ display: 'grid', gap: 3, minWidth: 0 }),
  past: css({ color: theme.colors.text.secondary }),
  dim: css({
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    display: 'flex',
    gap: 8,
    alignItems: 'center',
    flexWrap: 'wrap',
  }),
  result: css({ borderLeft: `2px solid ${theme.colors.border.medium}`, paddingLeft: 8 }),
  buttons: css({ display: 'flex', gap: 8, flexWrap: 'wrap' }),
  form: css({ display: 'flex', gap: 8 }),
});
