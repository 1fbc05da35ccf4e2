/** Hides findings for a while: a new suppression, or an old one for another while. */
import { t } from '@grafana/i18n';
import { Input, RadioButtonGroup } from '@grafana/ui';
import { useState } from 'react';
import type { SuppressionView } from '../../api/shapes.ts';
import type { Change } from '../../app/use-change.ts';
import { Dialog, LabelledField } from '../../components/dialog.tsx';
import { Pick } from '../../components/pick.tsx';
import { useSuppressionTerms } from '../../components/suppression-terms.tsx';
import { scopeKinds, scopeName, suppressionBody, type ScopeKind } from '../../model/suppression-request.ts';
import { scopeOf } from './suppressions-model.ts';

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
  const { terms, fields } = useSuppressionTerms({
    reason: renewed?.reason,
    ticket: renewed?.ticket,
    owner: renewed?.owner,
  });
  const hints: Readonly<Record<ScopeKind, string>> = {
    rule: t('suppress.rule-hint', 'As R05'),
    domain: t('suppress.domain-hint', 'As shop.example'),
    actor: t('suppress.actor-hint', 'As okta:casey@acme.example'),
    cidr: t('suppress.cidr-hint', 'As 192.0.2.0/24'),
  };
  const complete = [tenant, value, terms.reason, terms.ticket, terms.owner].every(
    (each) => each.trim() !== '',
  );
  const send = (): void => {
    const body = suppressionBody({ tenant, kind, value, ...terms }, Date.now());
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
        options={scopeKinds.map((each) => ({ value: each, label: scopeName(each) }))}
      />
      <LabelledField label={scopeName(kind)} hint={hints[kind]}>
        <Input value={value} onChange={(event) => setValue(event.currentTarget.value)} />
      </LabelledField>
      {fields}
    </Dialog>
  );
}
