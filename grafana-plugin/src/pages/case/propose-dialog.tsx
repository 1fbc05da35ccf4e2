/** A new proposal: in words, or something the collector can carry out itself after approval. */
import { t } from '@grafana/i18n';
import { Checkbox, Input, RadioButtonList, TextArea } from '@grafana/ui';
import { useState } from 'react';
import type { List } from '../../api/answer.ts';
import type { ChangeBody } from '../../api/data-layer.ts';
import type { Case, ReadinessView } from '../../api/shapes.ts';
import { useRead } from '../../app/data-context.tsx';
import type { Change } from '../../app/use-change.ts';
import { Dialog, LabelledField } from '../../components/dialog.tsx';
import { Pick } from '../../components/pick.tsx';
import type { StepView } from './case-model.ts';
import { proposalBody, type ProposalDraft, type ProposalKind } from './proposal-body.ts';

function kindNames(): Readonly<Record<ProposalKind, readonly [string, string]>> {
  return {
    words: [
      t('propose.words', 'Something a person carries out'),
      t('propose.words-about', 'Approved and recorded here, done by hand.'),
    ],
    restore_approved: [
      t('propose.restore', 'Put the approved records back'),
      t('propose.restore-about', 'Every approved record set of the inventory, carried out by the collector.'),
    ],
    lock_transfer: [
      t('propose.lock', 'Set the transfer lock'),
      t('propose.lock-about', 'At the registrar, carried out by the collector.'),
    ],
    set_records: [
      t('propose.set', 'Set one record set'),
      t('propose.set-about', 'As given, carried out by the collector.'),
    ],
  };
}

const executed: readonly ProposalKind[] = ['restore_approved', 'lock_transfer', 'set_records'];

function Executed({
  draft,
  set,
  domains,
}: {
  draft: ProposalDraft;
  set: (change: Partial<ProposalDraft>) => void;
  domains: readonly ReadinessView[];
}) {
  const chosen = domains.find(({ domain }) => domain === draft.domain);
  return (
    <>
      <Pick
        label={t('propose.domain', 'Domain')}
        value={draft.domain}
        options={domains.map(({ domain }) => [domain] as const)}
        width={34}
        onPick={(domain) =>
          set({ domain, executor: domains.find((each) => each.domain === domain)?.executor ?? '' })
        }
      />
      {chosen === undefined ? null : (
        <p>
          {t('propose.executor', 'Carried out by “{{executor}}”. Last checked: {{detail}}', {
            executor: chosen.executor ?? '?',
            detail: chosen.detail,
          })}
        </p>
      )}
      {draft.kind === 'restore_approved' && chosen !== undefined && chosen.changes.length > 0 ? (
        <ul>
          {chosen.changes.map((line) => (
            <li key={line}>
              <code>{line}</code>
            </li>
          ))}
        </ul>
      ) : null}
      {draft.kind === 'set_records' ? (
        <>
          <LabelledField label={t('propose.name', 'Record name')}>
            <Input value={draft.name} onChange={(event) => set({ name: event.currentTarget.value })} />
          </LabelledField>
          <LabelledField label={t('propose.type', 'Type')}>
            <Input
              value={draft.type}
              width={14}
              onChange={(event) => set({ type: event.currentTarget.value.toUpperCase() })}
            />
          </LabelledField>
          <LabelledField
            label={t('propose.values', 'Values, one a line')}
            hint={t('propose.values-hint', 'Nothing: the record set shall not exist.')}
          >
            <TextArea
              rows={3}
              value={draft.values}
              onChange={(event) => set({ values: event.currentTarget.value })}
            />
          </LabelledField>
        </>
      ) : null}
    </>
  );
}

/** Asks what is to be done; the dry run stands at the proposal once it is made. */
export function ProposeDialog({
  item,
  step,
  change,
  dismiss,
}: {
  readonly item: Case;
  /** Step of the playbook it is for. */
  readonly step: StepView | undefined;
  readonly change: Change;
  readonly dismiss: () => void;
}) {
  const readiness = useRead<List<ReadinessView>>({
    key: `readiness/${item.tenant}`,
    load: (layer, signal) => layer.readiness({ tenant: item.tenant }, { signal }),
    on: [],
  });
  const able = (readiness.value?.items ?? []).filter(
    ({ domain, executor }) => executor !== null && item.domains.includes(domain),
  );
  const [draft, setDraft] = useState<ProposalDraft>({
    kind: 'words',
    what: step?.text ?? '',
    destructive: step?.destructive ?? true,
    step: step?.id ?? '',
    domain: '',
    executor: '',
    name: '',
    type: 'A',
    values: '',
  });
  const set = (part: Partial<ProposalDraft>): void => setDraft((now) => ({ ...now, ...part }));
  const names = kindNames();
  const kinds: readonly ProposalKind[] = able.length === 0 ? ['words'] : ['words', ...executed];
  const first = able[0];
  const body: ChangeBody<'POST /cases/{id}/actions'> | undefined = proposalBody(draft);
  const send = async (): Promise<void> => {
    if (body === undefined) return;
    const said = t('propose.said', 'Proposed. Others have to approve it.');
    const id = await change.run('POST /cases/{id}/actions', { id: item.case_id }, body, said);
    if (id !== undefined) dismiss();
  };
  return (
    <Dialog
      title={t('propose.title', 'Propose an action')}
      verb={t('propose.verb', 'Propose')}
      busy={change.busy}
      problem={change.problem}
      missing={body === undefined ? t('propose.missing', 'Say what is to be done.') : undefined}
      send={() => void send()}
      dismiss={dismiss}
    >
      <RadioButtonList
        name="proposal-kind"
        value={draft.kind}
        onChange={(kind) =>
          set({
            kind,
            ...(kind !== 'words' && draft.domain === '' && first !== undefined
              ? { domain: first.domain, executor: first.executor ?? '' }
              : {}),
          })
        }
        options={kinds.map((kind) => ({
          value: kind,
          label: names[kind][0],
          description: names[kind][1],
        }))}
      />
      {able.length === 0 && readiness.value !== undefined ? (
        <p>
          {t(
            'propose.no-executor',
            'The collector itself can change nothing on these domains: no entry under “actions” of its configuration serves them.',
          )}
        </p>
      ) : null}
      {draft.kind === 'words' ? null : <Executed draft={draft} set={set} domains={able} />}
      <LabelledField
        label={t('propose.what', 'What is to be done')}
        {...(draft.kind === 'words'
          ? {}
          : { hint: t('propose.what-hint', 'Optional: the collector writes the sentence otherwise.') })}
      >
        <TextArea
          rows={2}
          value={draft.what}
          maxLength={2000}
          onChange={(event) => set({ what: event.currentTarget.value })}
        />
      </LabelledField>
      <Checkbox
        label={t('propose.destructive', 'It cannot be undone: two others must approve')}
        value={draft.destructive}
        onChange={(event) => set({ destructive: event.currentTarget.checked })}
      />
    </Dialog>
  );
}
