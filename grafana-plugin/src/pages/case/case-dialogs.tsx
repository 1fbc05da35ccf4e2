/** Questions asked before a case changes. */
import { t } from '@grafana/i18n';
import { Checkbox, Input, RadioButtonGroup, RadioButtonList, TextArea } from '@grafana/ui';
import { useState } from 'react';
import type { Case, CaseSummary, Finding } from '../../api/shapes.ts';
import type { Change } from '../../app/use-change.ts';
import { dispositionName } from '../../components/case-state.tsx';
import { Dialog, LabelledField } from '../../components/dialog.tsx';
import { Pick } from '../../components/pick.tsx';
import { useSuppressionTerms } from '../../components/suppression-terms.tsx';
import { scopeName, suppressionBody } from '../../model/suppression-request.ts';
import { standingFindings } from './case-model.ts';

interface DialogParts {
  readonly item: Case;
  readonly change: Change;
  readonly dismiss: () => void;
}

/** Sends, and closes the dialog once accepted. */
function sender({ dismiss }: DialogParts, run: () => ReturnType<Change['run']>): () => void {
  return () => void run().then((id) => (id === undefined ? undefined : dismiss()));
}

const dispositions = ['true_positive', 'benign_positive', 'false_positive'] as const;

/** Closes with a disposition. */
export function CloseDialog(parts: DialogParts) {
  const { item, change, dismiss } = parts;
  const [disposition, setDisposition] = useState<(typeof dispositions)[number]>();
  const [reason, setReason] = useState('');
  const about: Readonly<Record<string, string>> = {
    true_positive: t('close.true-about', 'Baselines forget what this time taught them.'),
    benign_positive: t('close.benign-about', 'Somebody meant it; best to write down who.'),
    false_positive: t(
      'close.false-about',
      'The rule or a source was wrong; it counts against its precision.',
    ),
  };
  return (
    <Dialog
      title={t('close.title', 'Close the case')}
      verb={t('close.verb', 'Close case')}
      busy={change.busy}
      problem={change.problem}
      missing={
        disposition === undefined
          ? t('close.missing', 'Say what it turned out to be.')
          : reason.trim() === ''
            ? t('close.missing-reason', 'Say why: the next person reads it.')
            : undefined
      }
      send={sender(parts, () =>
        change.run(
          'POST /cases/{id}/close',
          { id: item.case_id },
          { disposition: disposition ?? 'true_positive', reason: reason.trim() },
          t('close.said', 'Case closed.'),
        ),
      )}
      dismiss={dismiss}
    >
      <RadioButtonList
        name="disposition"
        value={disposition}
        onChange={setDisposition}
        options={dispositions.map((value) => ({
          value,
          label: dispositionName(value),
          description: about[value] ?? '',
        }))}
      />
      <LabelledField label={t('close.reason', 'Reason')}>
        <TextArea rows={3} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      </LabelledField>
    </Dialog>
  );
}

/** Gives the case to a person. */
export function AssignDialog(parts: DialogParts) {
  const { item, change, dismiss } = parts;
  const [assignee, setAssignee] = useState(item.assignee ?? '');
  const named = assignee.trim();
  return (
    <Dialog
      title={t('assign.title', 'Assign the case')}
      verb={named === '' ? t('assign.give-back', 'Give it back') : t('assign.verb', 'Assign')}
      busy={change.busy}
      problem={change.problem}
      send={sender(parts, () =>
        change.run(
          'POST /cases/{id}/assign',
          { id: item.case_id },
          { assignee: named === '' ? null : named },
          named === ''
            ? t('assign.said-back', 'Nobody has the case now.')
            : t('assign.said', '{{who}} has the case now.', { who: named }),
        ),
      )}
      dismiss={dismiss}
    >
      <LabelledField
        label={t('assign.who', 'Person')}
        hint={t(
          'assign.who-hint',
          'As the identity log names them, for example okta:casey@acme.example. Empty: nobody.',
        )}
      >
        <Input value={assignee} onChange={(event) => setAssignee(event.currentTarget.value)} />
      </LabelledField>
    </Dialog>
  );
}

/** Adds a line to the timeline, or sets a legal hold with its reason. */
export function TextDialog({
  verb,
  title,
  label,
  name,
  said,
  ...parts
}: DialogParts & {
  readonly verb: string;
  readonly title: string;
  readonly label: string;
  readonly name: 'note' | 'contain' | 'reopen' | 'hold' | 'release';
  readonly said: string;
}) {
  const { item, change, dismiss } = parts;
  const [text, setText] = useState('');
  const trimmed = text.trim();
  const values = { id: item.case_id };
  return (
    <Dialog
      title={title}
      verb={verb}
      busy={change.busy}
      problem={change.problem}
      missing={name === 'note' && trimmed === '' ? t('note.missing', 'Write something.') : undefined}
      send={sender(parts, () =>
        name === 'note'
          ? change.run('POST /cases/{id}/note', values, { text: trimmed }, said)
          : change.run(`POST /cases/{id}/${name}`, values, trimmed === '' ? {} : { reason: trimmed }, said),
      )}
      dismiss={dismiss}
    >
      <LabelledField label={label}>
        <TextArea
          rows={4}
          value={text}
          maxLength={2000}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </LabelledField>
    </Dialog>
  );
}

/** Puts another case of the same tenant together with this one. */
export function MergeDialog({
  others,
  merged,
  ...parts
}: DialogParts & {
  readonly others: readonly CaseSummary[];
  /** Called with the case that survives. */
  readonly merged: (id: string) => void;
}) {
  const { item, change, dismiss } = parts;
  const [other, setOther] = useState('');
  const able = others.filter(
    (each) => each.tenant === item.tenant && each.drill === item.drill && each.case_id !== item.case_id,
  );
  return (
    <Dialog
      title={t('merge.title', 'Merge with another case')}
      verb={t('merge.verb', 'Merge')}
      busy={change.busy}
      problem={change.problem}
      missing={other === '' ? t('merge.missing', 'Choose the other case.') : undefined}
      send={() => {
        void change
          .run('POST /cases/{id}/merge', { id: item.case_id }, { with: other }, t('merge.said', 'Merged.'))
          .then((id) => {
            if (id === undefined) return;
            dismiss();
            merged(id === '' ? item.case_id : id);
          });
      }}
      dismiss={dismiss}
    >
      <p>
        {t(
          'merge.about',
          'The older case stays and takes findings, story and proposals of the other. It can be split again.',
        )}
      </p>
      {able.length === 0 ? (
        <p>{t('merge.none', 'There is no other open case of this tenant.')}</p>
      ) : (
        <Pick
          label={t('merge.other', 'Other case')}
          value={other}
          width={60}
          options={able.map((each) => [each.case_id] as const)}
          name={(id) => able.find((each) => each.case_id === id)?.title ?? id}
          onPick={setOther}
        />
      )}
    </Dialog>
  );
}

/** Moves findings into a case of their own. */
export function SplitDialog({ findings, ...parts }: DialogParts & { readonly findings: readonly Finding[] }) {
  const { item, change, dismiss } = parts;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const standing = standingFindings(findings);
  const toggle = (id: string): void =>
    setChosen((now) => {
      const next = new Set(now);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return (
    <Dialog
      title={t('split.title', 'Split the case')}
      verb={t('split.verb', 'Move to a case of their own')}
      busy={change.busy}
      problem={change.problem}
      missing={
        chosen.size === 0
          ? t('split.missing', 'Choose findings.')
          : chosen.size >= item.finding_ids.length
            ? t('split.all', 'At least one finding must stay.')
            : undefined
      }
      send={sender(parts, () =>
        change.run(
          'POST /cases/{id}/split',
          { id: item.case_id },
          { finding_ids: [...chosen] },
          t('split.said', 'The findings have a case of their own now.'),
        ),
      )}
      dismiss={dismiss}
    >
      {standing.map((finding) => (
        <Checkbox
          key={finding.finding_id}
          label={`${finding.detection} ${finding.title}`}
          description={finding.domain ?? finding.actor_id ?? ''}
          value={chosen.has(finding.finding_id)}
          onChange={() => toggle(finding.finding_id)}
        />
      ))}
    </Dialog>
  );
}

/** Hides findings like these for a while. */
export function SuppressDialog({
  findings,
  ...parts
}: DialogParts & { readonly findings: readonly Finding[] }) {
  const { item, change, dismiss } = parts;
  const [scope, setScope] = useState<'rule' | 'domain' | 'actor'>('rule');
  const values = {
    rule: [...new Set(findings.map(({ detection }) => detection))],
    domain: [...item.domains],
    actor: [...item.actors],
  };
  const [value, setValue] = useState(values.rule[0] ?? '');
  const { terms, fields } = useSuppressionTerms({ owner: item.team ?? item.owner ?? '' });
  const complete = [value, terms.reason, terms.ticket, terms.owner].every((each) => each.trim() !== '');
  return (
    <Dialog
      title={t('suppress.title', 'Suppress findings like these')}
      verb={t('suppress.verb', 'Suppress')}
      busy={change.busy}
      problem={change.problem}
      missing={complete ? undefined : t('suppress.missing', 'Every field is needed.')}
      send={sender(parts, () =>
        change.run(
          'POST /suppressions',
          {},
          suppressionBody({ tenant: item.tenant, kind: scope, value, ...terms }, Date.now()),
          t('suppress.said', 'Suppression made.'),
        ),
      )}
      dismiss={dismiss}
    >
      <p>
        {t(
          'suppress.about',
          'Findings are still made and counted, but open no case. An unlock together with a transfer is never hidden.',
        )}
      </p>
      <RadioButtonGroup
        aria-label={t('suppress.scope', 'By what')}
        value={scope}
        onChange={(next) => {
          setScope(next);
          setValue(values[next][0] ?? '');
        }}
        options={(['rule', 'domain', 'actor'] as const).map((each) => ({
          value: each,
          label: scopeName(each),
        }))}
      />
      <Pick
        label={scopeName(scope)}
        value={value}
        width={44}
        options={values[scope].map((each) => [each] as const)}
        onPick={setValue}
      />
      {fields}
    </Dialog>
  );
}
