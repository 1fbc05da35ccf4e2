/** Why findings are hidden, by which ticket, who answers for it and for how long: asked alike wherever one hides findings. */
import { t } from '@grafana/i18n';
import { Input, RadioButtonGroup, TextArea } from '@grafana/ui';
import { useState, type ReactNode } from 'react';
import type { SuppressionTerms } from '../model/suppression-request.ts';
import { LabelledField } from './dialog.tsx';

const spans = ['1', '7', '30', '90', ''] as const;

/** The terms as typed so far, and the fields that ask for them. `before`: what the fields begin with. */
export function useSuppressionTerms(before: {
  readonly [K in 'reason' | 'ticket' | 'owner']?: string | null | undefined;
}): {
  readonly terms: SuppressionTerms;
  readonly fields: ReactNode;
} {
  const [reason, setReason] = useState(before.reason ?? '');
  const [ticket, setTicket] = useState(before.ticket ?? '');
  const [owner, setOwner] = useState(before.owner ?? '');
  const [days, setDays] = useState('7');
  const fields = (
    <>
      <LabelledField label={t('suppress.reason', 'Reason')}>
        <TextArea rows={2} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      </LabelledField>
      <LabelledField label={t('suppress.ticket', 'Ticket')}>
        <Input value={ticket} onChange={(event) => setTicket(event.currentTarget.value)} />
      </LabelledField>
      <LabelledField label={t('suppress.owner', 'Owner')}>
        <Input value={owner} onChange={(event) => setOwner(event.currentTarget.value)} />
      </LabelledField>
      <RadioButtonGroup
        aria-label={t('suppress.until', 'How long')}
        value={days}
        onChange={setDays}
        options={spans.map((each) => ({
          value: each as string,
          label:
            each === ''
              ? t('suppress.permanent', 'For good (two approvals)')
              : t('suppress.days', '{{days}} d', { days: each }),
        }))}
      />
    </>
  );
  return { terms: { reason, ticket, owner, days }, fields };
}
