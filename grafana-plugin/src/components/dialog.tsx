/** A question with fields, asked before something is changed. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, Modal, useStyles2 } from '@grafana/ui';
import type { FormEvent, ReactNode } from 'react';
import type { Problem } from '../api/answer.ts';
import { ErrorState } from './states.tsx';

interface DialogProps {
  readonly title: string;
  /** Label of the button that does it. */
  readonly verb: string;
  readonly destructive?: boolean;
  readonly busy: boolean;
  readonly problem: Problem | undefined;
  /** Why it cannot be sent yet; undefined: it can. */
  readonly missing?: string | undefined;
  readonly send: () => void;
  readonly dismiss: () => void;
  readonly children: ReactNode;
}

/** A refusal stays in the dialog, with what was typed. */
export function Dialog(props: DialogProps) {
  const { title, verb, destructive = false, busy, problem, missing, send, dismiss, children } = props;
  const styles = useStyles2(getStyles);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (missing === undefined && !busy) send();
  };
  return (
    <Modal title={title} isOpen onDismiss={dismiss}>
      <form onSubmit={submit} className={styles.form}>
        {children}
        {problem === undefined ? null : <ErrorState problem={problem} />}
        <div className={styles.buttons}>
          {missing === undefined ? null : <span className={styles.dim}>{missing}</span>}
          <Button type="button" variant="secondary" fill="outline" onClick={dismiss}>
            {t('dialog.cancel', 'Cancel')}
          </Button>
          <Button
            type="submit"
            variant={destructive ? 'destructive' : 'primary'}
            disabled={busy || missing !== undefined}
          >
            {busy ? t('dialog.busy', 'Sending …') : verb}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** A label above its field. */
export function LabelledField({
  label,
  hint,
  children,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly children: ReactNode;
}) {
  const styles = useStyles2(getStyles);
  return (
    <label className={styles.field}>
      <span>{label}</span>
      {children}
      {hint === undefined ? null : <small className={styles.dim}>{hint}</small>}
    </label>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  form: css({ display: 'grid', gap: theme.spacing(2) }),
  field: css({ display: 'grid', gap: 4, '& > span': { fontWeight: 500 } }),
  buttons: css({
    display: 'flex',
    gap: 8,
    justifyContent: 'flex-end',
    alignItems: 'center',
    flexWrap: 'wrap',
  }),
  dim: css({ color: theme.colors.text.secondary }),
});
