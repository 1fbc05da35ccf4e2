/** Parts of the domain page below the score. */
import { css } from '@emotion/css';
import { t } from '@grafana/i18n';
import { useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import type { ChangeView, ControlView, DomainDetail, DomainHistory } from '../../api/shapes.ts';
import { MetricChart } from '../../components/metric-chart.tsx';
import { PlainTable } from '../../components/plain-table.tsx';
import { Section } from '../../components/section.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { ExactTime, TimeAgo } from '../../components/time-text.tsx';
import { ValueDiff } from '../../components/value-diff.tsx';
import { WitnessPair } from '../../components/witness-pair.tsx';
import { count, duration, readable, safe, valueLines, witnessName } from '../../model/words.ts';
import { approvalMark, controlName, isCurve, orderedControls, verdictOf } from './domain-model.ts';

function Values({ value }: { value: unknown }) {
  const lines = valueLines(value);
  return lines.length === 0 ? (
    <>–</>
  ) : (
    <>
      {lines.map((line) => (
        <div key={line} className={css({ overflowWrap: 'anywhere' })}>
          <code>{line}</code>
        </div>
      ))}
    </>
  );
}

/** Approved beside said beside seen. */
export function Controls({ controls }: { readonly controls: readonly ControlView[] }) {
  return (
    <Section title={t('domain.controls', 'Approved, said, seen')}>
      {controls.length === 0 ? (
        <p>{t('domain.no-controls', 'No control of this domain was reported yet.')}</p>
      ) : (
        <PlainTable
          label={t('domain.controls', 'Approved, said, seen')}
          items={orderedControls(controls)}
          keyOf={({ control }) => control}
          columns={[
            { title: t('domain.control', 'Control'), cell: ({ control }) => <b>{controlName(control)}</b> },
            {
              title: t('domain.verdict', 'Verdict'),
              cell: ({ verdict }) => {
                const { text, tone } = verdictOf(verdict);
                return <StateChip state={text} {...(tone === undefined ? {} : { tone })} />;
              },
            },
            { title: t('domain.approved', 'Approved'), cell: ({ approved }) => <Values value={approved} /> },
            {
              title: t('domain.witnesses', 'Witnesses'),
              cell: ({ said, seen }) => <WitnessPair said={said} seen={seen} />,
            },
          ]}
        />
      )}
    </Section>
  );
}

/** The change ledger, newest first. */
export function Changes({ changes }: { readonly changes: readonly ChangeView[] }) {
  const newest = [...changes].sort((a, b) => (a.at > b.at ? -1 : Number(a.at < b.at)));
  return (
    <Section title={t('domain.ledger', 'Change ledger')}>
      {newest.length === 0 ? (
        <p>{t('domain.no-changes', 'No change is remembered.')}</p>
      ) : (
        <PlainTable
          label={t('domain.ledger', 'Change ledger')}
          items={newest}
          keyOf={({ id }) => id}
          columns={[
            { title: t('domain.when', 'When'), cell: ({ at }) => <ExactTime at={at} /> },
            { title: t('domain.control', 'Control'), cell: ({ control }) => <b>{controlName(control)}</b> },
            {
              title: t('domain.values', 'From what to what'),
              cell: ({ old, new: now }) => <ValueDiff before={old ?? undefined} after={now ?? undefined} />,
            },
            {
              title: t('domain.who-says', 'Who says so'),
              cell: ({ witnesses, state, actor }) => (
                <>
                  {witnesses.map(witnessName).join(', ')}
                  <small>
                    {readable(state)} ·{' '}
                    {actor === null ? t('domain.actor-unknown', 'by nobody known') : safe(actor)}
                  </small>
                </>
              ),
            },
            {
              title: t('domain.meant', 'Meant?'),
              cell: ({ approval, intent }) => {
                const { text, tone } = approvalMark(approval);
                return (
                  <>
                    <StateChip state={text} {...(tone === undefined ? {} : { tone })} />
                    {intent === null ? null : (
                      <small>{t('domain.by-intent', 'intent {{intent}}', { intent: safe(intent) })}</small>
                    )}
                  </>
                );
              },
            },
          ]}
        />
      )}
    </Section>
  );
}

/** What was announced. */
export function Intents({ intents }: { readonly intents: DomainDetail['intents'] }) {
  return (
    <Section title={t('domain.intents', 'Announced changes')}>
      {intents.length === 0 ? (
        <p>{t('domain.no-intents', 'Nobody announced a change of this domain.')}</p>
      ) : (
        <PlainTable
          label={t('domain.intents', 'Announced changes')}
          items={intents}
          keyOf={({ id }) => id}
          columns={[
            {
              title: t('domain.intent', 'Intent'),
              cell: ({ id, reason, approved_by: by }) => (
                <>
                  {id}
                  <small>
                    {reason ?? ''} {by === undefined ? '' : t('domain.by', 'approved by {{by}}', { by })}
                  </small>
                </>
              ),
            },
            {
              title: t('domain.announces', 'Announces'),
              cell: ({ changes }) =>
                changes.map((change, index) => (
                  <div key={index}>
                    {readable(change.action)} {change.name ?? change.domain ?? ''} {change.type ?? ''}{' '}
                    <code>{valueLines(change.new).join(', ')}</code>
                  </div>
                )),
            },
            { title: t('domain.until', 'Until'), cell: ({ valid_until: at }) => <TimeAgo at={at} /> },
          ]}
        />
      )}
    </Section>
  );
}

/** Who watches it, and when next. */
export function Watchers({ detail }: { readonly detail: DomainDetail }) {
  return (
    <Section title={t('domain.watchers', 'Who watches it')}>
      {detail.coverage.length === 0 ? (
        <p>{t('domain.no-watchers', 'No source watches it.')}</p>
      ) : (
        <PlainTable
          label={t('domain.watchers', 'Who watches it')}
          items={detail.coverage}
          keyOf={({ source_kind: kind }) => kind}
          columns={[
            { title: t('domain.witness', 'Witness'), cell: ({ source_kind: kind }) => witnessName(kind) },
            {
              title: t('domain.alive', 'State'),
              cell: ({ alive, silent_sources: silent }) => (
                <StateChip
                  state={
                    !alive
                      ? t('coverage.silent', 'silent')
                      : silent.length > 0
                        ? t('coverage.partly', 'partly silent')
                        : t('coverage.alive', 'alive')
                  }
                  tone={!alive ? 'bad' : silent.length > 0 ? 'fair' : 'good'}
                  title={silent.join(', ')}
                />
              ),
            },
            {
              title: t('domain.last', 'Last word on this domain'),
              cell: ({ last_seen: at }) => <TimeAgo at={at} fallback={t('domain.no-word', 'none yet')} />,
            },
            {
              title: t('domain.cadence', 'Expected'),
              cell: ({ interval_ms: ms }) => t('coverage.every', 'every {{time}}', { time: duration(ms) }),
            },
            {
              title: t('domain.blind', 'Blind in 24 h'),
              cell: ({ blind_minutes_24h: minutes }) =>
                minutes > 0 ? `${Math.round(minutes)} min` : t('coverage.none', 'none'),
            },
          ]}
        />
      )}
      {detail.checks.length === 0 ? null : (
        <PlainTable
          label={t('domain.checks', 'Checks')}
          items={detail.checks}
          keyOf={({ source, kind }) => `${source}/${kind}`}
          columns={[
            {
              title: t('domain.check', 'Check'),
              cell: ({ kind, source }) => `${readable(kind)} (${source})`,
            },
            { title: t('domain.checked', 'Last'), cell: ({ last_checked: at }) => <TimeAgo at={at} /> },
            { title: t('domain.next-check', 'Next'), cell: ({ next_check: at }) => <TimeAgo at={at} /> },
            {
              title: t('domain.stale', 'Fresh'),
              cell: ({ stale, stale_since: at }) =>
                stale ? <TimeAgo at={at} /> : <StateChip state={t('domain.fresh', 'fresh')} tone="good" />,
            },
          ]}
        />
      )}
    </Section>
  );
}

/** Whether approved values could be put back now. */
export function Restore({ restore }: { readonly restore: DomainDetail['restore'] }) {
  return (
    <Section title={t('domain.restore', 'Could it be put back?')}>
      <p>
        <StateChip
          state={restore.state}
          {...(restore.state === 'unknown'
            ? {}
            : { tone: restore.state === 'ready' ? ('good' as const) : ('fair' as const) })}
        />{' '}
        {restore.detail}
      </p>
    </Section>
  );
}

/** Certificates, newest first. */
export function Certificates({ items }: { readonly items: DomainHistory['certificates'] }) {
  return (
    <Section title={t('domain.certificates', 'Certificates')}>
      {items.length === 0 ? (
        <p>{t('domain.no-certificates', 'None was seen since the collector watches.')}</p>
      ) : (
        <PlainTable
          label={t('domain.certificates', 'Certificates')}
          items={items}
          keyOf={({ id, event_id: event }) => `${id}/${event}`}
          columns={[
            { title: t('domain.when', 'When'), cell: ({ at }) => <ExactTime at={at} /> },
            {
              title: t('domain.names', 'Names'),
              cell: ({ names, issuer }) => (
                <>
                  {names.map(safe).join(', ')}
                  <small>{issuer === null ? '' : safe(issuer)}</small>
                </>
              ),
            },
            {
              title: t('domain.cert-verdict', 'Judged'),
              cell: ({ verdict }) =>
                verdict === null ? (
                  '–'
                ) : (
                  <StateChip state={verdict} tone={verdict === 'expected' ? 'good' : 'bad'} />
                ),
            },
            {
              title: t('domain.expires', 'Ends'),
              cell: ({ not_after: at }) => <TimeAgo at={at} fallback="–" />,
            },
          ]}
        />
      )}
    </Section>
  );
}

/** Score and query volume over time, where there is any. */
export function Curves({ history }: { readonly history: DomainHistory }) {
  const theme = useTheme2();
  const score = useMemo(
    () => ({
      times: history.score.map(({ at }) => Date.parse(at)),
      lines: [
        {
          name: t('domain.score', 'Control score'),
          color: theme.colors.primary.text,
          values: history.score.map(({ score: value }) => value),
        },
      ],
    }),
    [history.score, theme],
  );
  const volume = useMemo(
    () => ({
      times: history.query_volume.map(({ at }) => Date.parse(at)),
      lines: [
        {
          name: t('domain.queries', 'Queries'),
          color: theme.colors.primary.text,
          values: history.query_volume.map(({ count: value }) => value),
        },
      ],
    }),
    [history.query_volume, theme],
  );
  const [scored, counted] = [isCurve(score.times), isCurve(volume.times)];
  if (!scored && !counted) return null;
  return (
    <Section title={t('domain.over-time', 'Over time')}>
      {!scored ? null : (
        <MetricChart
          label={t('domain.score-curve', 'Control score over time')}
          timesMs={score.times}
          lines={score.lines}
        />
      )}
      {!counted ? null : (
        <MetricChart
          label={t('domain.query-curve', 'Queries over time')}
          timesMs={volume.times}
          lines={volume.lines}
          unit={count}
        />
      )}
    </Section>
  );
}
