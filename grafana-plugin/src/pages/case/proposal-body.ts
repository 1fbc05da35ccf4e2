/** From what somebody chose in the dialog to what the collector is asked. Pure. */
import type { ChangeBody } from '../../api/data-layer.ts';

/** Kinds of proposal that the dialog offers. */
export type ProposalKind = 'words' | 'restore_approved' | 'lock_transfer' | 'set_records';

/** What the dialog holds. */
export interface ProposalDraft {
  readonly kind: ProposalKind;
  readonly what: string;
  readonly destructive: boolean;
  /** Step of the playbook; empty: none. */
  readonly step: string;
  readonly domain: string;
  readonly executor: string;
  readonly name: string;
  readonly type: string;
  /** One value a line. */
  readonly values: string;
}

type Body = ChangeBody<'POST /cases/{id}/actions'>;

function planOf({ kind, executor, domain, name, type, values }: ProposalDraft): Body['plan'] {
  if (kind === 'words') return undefined;
  if (kind !== 'set_records') return { executor, kind, domain };
  const lines = values
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return { executor, kind, zone: domain, records: [{ name: name.trim(), type, values: lines }] };
}

/** The body to send; undefined while something is missing. */
export function proposalBody(draft: ProposalDraft): Body | undefined {
  const { kind, destructive } = draft;
  const what = draft.what.trim();
  if (kind === 'words' && what === '') return undefined;
  if (kind !== 'words' && (draft.domain === '' || draft.executor === '')) return undefined;
  if (kind === 'set_records' && (draft.name.trim() === '' || !/^[A-Z][A-Z0-9]*$/.test(draft.type)))
    return undefined;
  const plan = planOf(draft);
  return {
    destructive,
    ...(what === '' ? {} : { what }),
    ...(draft.step === '' ? {} : { step: draft.step }),
    ...(plan === undefined ? {} : { plan }),
  };
}
