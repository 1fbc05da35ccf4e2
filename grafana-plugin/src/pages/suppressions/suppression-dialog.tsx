/** Hides findings for a while: a new suppression, or an old one for another while. */
import { t } from '@grafana/i18n';
import { Input, RadioButtonGroup, TextArea } from '@grafana/ui';
import { useState } from 'react';
import type { SuppressionView } from '../../api/shapes.ts';
import type { Change } from '../../app/use-change.ts';
import { Dialog, LabelledField } from '../../components/dialog.tsx';
import { Pick } from '../../components/pick.tsx';
import { scopeKinds, scopeOf, suppressionBody, type ScopeKind } from './suppressions-model.ts';

const spans = ['1', '7', '30', '90', ''] as const;

/** `renewed`: the one whose scope and reason are taken over; it is not changed, it ends when it ends. */
export function SuppressionDialog({
  renewed,
  tenants,
  change,
  dismiss,
}: {
  readonly renewed: SuppressionView | undefined;
  readonly tenants: readonly string[];
  readonly change: Change;
  readonly dismiss: () => void;
}) {
  const before = scopeOf(renewed?.scope);
  const [tenant, setTenant] = useState(renewed?.tenant ?? tenants[0] ?? '');
  const [kind, setKind] = useState<ScopeKind>(before?.kind ?? 'rule');
  const [value, setValue] = useState(before?.value ?? '');
  const [reason, setReason] = useState(renewed?.reason ?? '');
  const [ticket, setTicket] = useState(renewed?.ticket ?? '');
  const [owner, setOwner] = useState(renewed?.owner ?? '');
  const [days, setDays] = useState('7');
  const names: Readonly<Record<ScopeKind, string>> = {
    rule: t('suppress.rule', 'Detection'),
    domain: t('suppress.domain', 'Domain'),
    actor: t('suppress.actor', 'Person'),
    cidr: t('suppress.cidr', 'Network'),
  };
  const hints: Readonly<Record<ScopeKind, string>> = {
    rule: t('suppress.rule-hint', 'As R05'),
    domain: t('suppress.domain-hint', 'As shop.example'),
    actor: t('suppress.actor-hint', 'As okta:casey@acme.example'),
    cidr: t('suppress.cidr-hint', 'As 192.0.2.0/24'),
  };
  const complete = [tenant, value, reason, ticket, owner].every((each) => each.trim() !== '');
  const send = (): void => {
    const body = suppressionBody({ tenant, kind, value, reason, ticket, owner, days }, Date.now());
    const said = t('suppress.said', 'Suppression made.');
    void change
      .run('POST /suppressions', {}, body, said)
      .then((id) => (id === undefined ? undefined : dismiss()));
  };
  return (
    <Dialog
      title={
        renewed === undefined
          ? t('suppress.new-title', 'Suppress findings')
          : t('suppress.renew-title', 'Suppress the same for another while')
      }
      verb={t('suppress.verb', 'Suppress')}
      busy={change.busy}
      problem={change.problem}
      missing={complete ? undefined : t('suppress.missing', 'Every field is needed.')}
      send={send}
      dismiss={dismiss}
    >
      <p>
        {t(
          'suppress.about',
          'Findings are still made and counted, but open no case. An unlock together with a transfer is never hidden.',
        )}
      </p>
      {tenants.length > 1 ? (
        <Pick
          label={t('cases.tenant', 'Tenant')}
          value={tenant}
          options={tenants.map((each) => [each] as const)}
          onPick={setTenant}
        />
      ) : null}
      <RadioButtonGroup
        aria-label={t('suppress.scope', 'By what')}
        value={kind}
        onChange={setKind}
        options={scopeKinds.map((each) => ({ value: each, label: names[each] }))}
      />
      <LabelledField label={names[kind]} hint={hints[kind]}>
        <Input value={value} onChange={(event) => setValue(event.currentTarget.value)} />
      </LabelledField>
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
    </Dialog>
  );
}
