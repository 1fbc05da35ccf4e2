/** The signed evidence bundle as a file. */
import { t } from '@grafana/i18n';
import { useState } from 'react';
import { useAnnounce } from '../../app/announcer.tsx';
import { useData } from '../../app/data-context.tsx';
import { GuardedButton } from '../../components/guarded-button.tsx';

function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** Asks the collector for the bundle and saves it; looking is audited there. */
export function ExportButton({ id, refusal }: { readonly id: string; readonly refusal: string | undefined }) {
  const { layer } = useData();
  const announce = useAnnounce();
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle');
  const run = async (): Promise<void> => {
    setState('busy');
    const answer = await layer.exportCase(id, { signal: new AbortController().signal });
    setState(answer.ok ? 'idle' : 'failed');
    if (!answer.ok) return announce(answer.detail);
    save(
      `${id}-evidence.json`,
      typeof answer.value === 'string' ? answer.value : JSON.stringify(answer.value),
    );
    announce(t('export.said', 'Evidence bundle saved.'));
  };
  return (
    <GuardedButton
      size="sm"
      variant="secondary"
      icon="download-alt"
      refusal={
        layer.kind === 'telemetry' ? t('export.telemetry', 'It needs the API of the collector.') : refusal
      }
      disabled={state === 'busy'}
      onClick={() => void run()}
    >
      {state === 'busy'
        ? t('export.busy', 'Gathering …')
        : state === 'failed'
          ? t('export.failed', 'Export failed, again')
          : t('export.evidence', 'Export evidence')}
    </GuardedButton>
  );
}
