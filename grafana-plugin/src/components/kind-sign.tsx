import { t } from '@grafana/i18n';
import type { TimelineEntry } from '../api/shapes.ts';

type Kind = TimelineEntry['kind'];

/** Drawn, not written: fonts of other machines lack half of the signs one would want. */
const paths: Readonly<Record<Kind, string>> = {
  claim: 'M2 3h12v8H8l-3 3v-3H2z',
  observation: 'M1 8c3-5 11-5 14 0-3 5-11 5-14 0zm7-2.5a2.5 2.5 0 1 0 .01 0z',
  finding: 'M3 1v14M3 2h10l-2.5 3.5L13 9H3',
  identity: 'M8 2a3 3 0 1 1-.01 0zM2 15c0-5 12-5 12 0',
  certificate: 'M8 1l6 2v5c0 4-3 6-6 7-3-1-6-3-6-7V3z',
  blind: 'M2 2l12 12M1 8c3-5 11-5 14 0-3 5-11 5-14 0z',
  notification: 'M3 12c2-2 1-9 5-9s3 7 5 9zM7 14h2',
  action: 'M9 1L3 9h4l-1 6 7-9H9z',
  person: 'M3 13l1-4 7-7 3 3-7 7z',
  revision: 'M13 5a6 6 0 1 0 1 4M13 1v4H9',
};

/** Readable name of a kind of entry. */
export function kindName(kind: Kind): string {
  const names: Readonly<Record<Kind, string>> = {
    claim: t('kind.claim', 'stated by an account'),
    observation: t('kind.observation', 'seen from outside'),
    finding: t('kind.finding', 'finding'),
    identity: t('kind.identity', 'sign-in and people'),
    certificate: t('kind.certificate', 'certificate'),
    blind: t('kind.blind', 'a source was blind'),
    notification: t('kind.notification', 'somebody was told'),
    action: t('kind.action', 'action'),
    person: t('kind.person', 'a person'),
    revision: t('kind.revision', 'correction'),
  };
  return names[kind] ?? kind;
}

/** Sign of a kind of entry; always beside its name or in something that has one. */
export function KindSign({ kind, size = 14 }: { readonly kind: Kind; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinejoin="round"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d={paths[kind] ?? paths.action} />
    </svg>
  );
}
