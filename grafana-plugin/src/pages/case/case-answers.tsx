/** Six answers in ten seconds: what changed, from what to what, seen by whom, meant or not, how bad, what next. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { useId, type ReactNode } from 'react';
import type { Case } from '../../api/shapes.ts';
import { SeverityBadge } from '../../components/severity-badge.tsx';
import { severityColor, toneColor, type ScoreTone } from '../../components/tone.ts';
import { ValueDiff } from '../../components/value-diff.tsx';
import { approvalOf, witnessKinds, type ChangeStory } from '../../model/changes.ts';
import { approvalSentence, isOutside, safe, utc, witnessName } from '../../model/words.ts';
import type { StepView } from './case-model.ts';

const storiesShown = 3;

/** One question with its answer. The question stands beside the answer where there is room. */
function Answer({ title, children }: { title: string; children: ReactNode }) {
  const styles = useStyles2(getStyles);
  const id = useId();
  return (
    <section className={styles.answer} aria-labelledby={id}>
      <h2 id={id} className={styles.title}>
        {title}
      </h2>
      <div className={styles.content}>{children}</div>
    </section>
  );
}

function whenText({ at, earliest }: ChangeStory): string {
  return earliest !== undefined && earliest.slice(0, 19) !== at.slice(0, 19)
    ? t('case.between', 'between {{from}} and {{to}}', { from: utc(earliest), to: utc(at) })
    : utc(at);
}

function Story({ story }: { story: ChangeStory }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  return (
    <li style={{ borderLeftColor: severityColor(theme, story.severity) }}>
      <p className={styles.line}>
        <b className={styles.object}>{safe(story.object)}</b> <span>{story.what}</span>
      </p>
      {story.hasValue ? <ValueDiff before={story.old} after={story.next} /> : null}
      <p className={styles.dim}>
        {whenText(story)} ·{' '}
        {story.actor === undefined
          ? t('case.by-nobody', 'by nobody known')
          : t('case.by', 'by {{actor}}', { actor: safe(story.actor) })}
      </p>
    </li>
  );
}

function WhatChanged({ item, stories }: { item: Case; stories: readonly ChangeStory[] }) {
  const styles = useStyles2(getStyles);
  const changes = stories.filter(({ hasValue }) => hasValue);
  // A change without values (a lock that went) says as much as one with them when it is as severe.
  const worst = stories.filter(({ severity, hasValue }) => !hasValue && severity === item.severity);
  const told = changes.length === 0 ? stories : [...changes, ...worst];
  const shown = told.slice(0, storiesShown);
  return (
    <section className={styles.what} aria-labelledby="case-what-changed">
      <h2 id="case-what-changed" className={styles.title}>
        {t('case.what-changed', 'What changed, from what to what')}
      </h2>
      {shown.length === 0 ? <p>{item.summary}</p> : null}
      <ul className={styles.stories}>
        {shown.map((story) => (
          <Story key={story.id} story={story} />
        ))}
      </ul>
      {told.length > shown.length ? (
        <p className={styles.dim}>
          {t('case.more-changes', 'and {{number}} more in the timeline', {
            number: told.length - shown.length,
          })}
        </p>
      ) : null}
    </section>
  );
}

function SeenBy({ stories, unseen }: { stories: readonly ChangeStory[]; unseen: readonly string[] }) {
  const styles = useStyles2(getStyles);
  const kinds = witnessKinds(stories);
  const groups = [
    [t('case.from-outside', 'from outside'), kinds.filter(isOutside)],
    [t('case.from-accounts', 'by our accounts'), kinds.filter((kind) => !isOutside(kind))],
  ] as const;
  return (
    <Answer title={t('case.seen-by', 'Seen by whom')}>
      {groups.map(([name, own]) => (
        <p key={name} className={styles.group}>
          <span className={styles.dim}>{name}</span>{' '}
          {own.length === 0 ? <i>{t('case.nobody', 'nobody')}</i> : own.map(witnessName).join(', ')}
        </p>
      ))}
      {unseen.length === 0 ? null : (
        <details>
          <summary>
            {t('case.unseen', 'Nobody could see everything: {{number}} reasons', { number: unseen.length })}
          </summary>
          <ul>
            {unseen.map((reason) => (
              <li key={reason}>{safe(reason)}</li>
            ))}
          </ul>
        </details>
      )}
    </Answer>
  );
}

const approvalTones: Readonly<Record<string, ScoreTone>> = {
  approved: 'good',
  pending: 'fair',
  rejected: 'bad',
  not_found: 'bad',
};

function Meant({ stories }: { stories: readonly ChangeStory[] }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const approval = approvalOf(stories);
  const tone = approvalTones[approval];
  const color = tone === undefined ? undefined : toneColor(theme, tone);
  const actors = [...new Set(stories.flatMap(({ actor }) => actor ?? []))];
  return (
    <Answer title={t('case.meant', 'Did anyone mean it?')}>
      <p className={styles.big} style={{ color }}>
        {approvalSentence(approval)}
      </p>
      <p className={styles.dim}>
        {actors.length === 0
          ? t('case.who-unknown', 'Who did it is not known.')
          : t('case.who', 'Done by {{actors}}', { actors: actors.slice(0, 3).map(safe).join(', ') })}
      </p>
    </Answer>
  );
}

/** The block at the top of the page. */
export function CaseAnswers({
  item,
  stories,
  unseen,
  next,
  children,
}: {
  readonly item: Case;
  readonly stories: readonly ChangeStory[];
  /** What sources could not see, in words. */
  readonly unseen: readonly string[];
  readonly next: StepView | undefined;
  /** Buttons for the next step. */
  readonly children?: ReactNode;
}) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  return (
    <div className={styles.answers} style={{ borderTopColor: severityColor(theme, item.severity) }}>
      <WhatChanged item={item} stories={stories} />
      <div className={styles.others}>
        <SeenBy stories={stories} unseen={unseen} />
        <Meant stories={stories} />
        <Answer title={t('case.how-bad', 'How bad')}>
          <p className={styles.badness}>
            <SeverityBadge severity={item.severity} /> <span>{item.likelihood}</span>
          </p>
          <p>{item.effect}</p>
        </Answer>
        <Answer title={t('case.next', 'What to do next')}>
          <p className={styles.big}>
            {next?.text ??
              (item.playbook === null
                ? t('case.no-playbook', 'No playbook is bound to this kind of case.')
                : t('case.no-step', 'No step is left in the playbook. Decide and close the case.'))}
          </p>
          {children}
        </Answer>
      </div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  answers: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1.2fr)',
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderTop: '2px solid',
    borderRadius: theme.shape.radius.default,
    marginBottom: theme.spacing(1.5),
    '@media (max-width: 800px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
    '& p': { margin: 0 },
  }),
  what: css({
    padding: theme.spacing(1.25, 1.5),
    minWidth: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: 8,
  }),
  others: css({
    borderLeft: `1px solid ${theme.colors.border.weak}`,
    minWidth: 0,
    '@media (max-width: 800px)': { borderLeft: 0, borderTop: `1px solid ${theme.colors.border.weak}` },
  }),
  answer: css({
    display: 'grid',
    gridTemplateColumns: '136px minmax(0, 1fr)',
    gap: theme.spacing(0.5, 1.5),
    padding: theme.spacing(1.25, 1.5),
    '&:not(:first-child)': { borderTop: `1px solid ${theme.colors.border.weak}` },
    '@media (max-width: 1000px)': { gridTemplateColumns: 'minmax(0, 1fr)', padding: theme.spacing(1, 1.5) },
  }),
  content: css({
    display: 'flex',
    flexDirection: 'column',
    gap: 4,
    alignItems: 'flex-start',
    minWidth: 0,
    '& > *': { maxWidth: '100%' },
    '& summary': { cursor: 'pointer' },
    '& details ul': { margin: theme.spacing(0.5, 0, 0), paddingLeft: 18 },
  }),
  title: css({
    margin: 0,
    fontSize: theme.typography.bodySmall.fontSize,
    lineHeight: 1.6,
    fontWeight: 500,
    color: theme.colors.text.secondary,
  }),
  stories: css({
    margin: 0,
    padding: 0,
    listStyle: 'none',
    display: 'grid',
    gap: 10,
    '& li': { borderLeft: '3px solid', paddingLeft: 10, display: 'grid', gap: 3, minWidth: 0 },
  }),
  line: css({ display: 'flex', gap: 8, flexWrap: 'wrap', alignItems: 'baseline' }),
  object: css({ overflowWrap: 'anywhere' }),
  group: css({
    display: 'grid',
    gridTemplateColumns: '104px minmax(0, 1fr)',
    gap: 8,
    alignItems: 'baseline',
    '& i': { fontStyle: 'normal' },
  }),
  big: css({ fontWeight: 500, overflowWrap: 'anywhere' }),
  badness: css({ display: 'flex', gap: 8, alignItems: 'center', flexWrap: 'wrap' }),
  dim: css({
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    overflowWrap: 'anywhere',
  }),
});
