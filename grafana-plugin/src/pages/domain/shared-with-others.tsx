/** What this domain has in common with others of its tenant: where a change leads besides here. */
import { t } from '@grafana/i18n';
import { Link } from 'react-router-dom';
import type { List } from '../../api/answer.ts';
import type { SharedValue } from '../../api/shapes.ts';
import { useRead } from '../../app/data-context.tsx';
import { domainPath } from '../../app/paths.ts';
import { PlainTable, type PlainColumn } from '../../components/plain-table.tsx';
import { ReadingView } from '../../components/reading-view.tsx';
import { Section } from '../../components/section.tsx';
import { TimeAgo } from '../../components/time-text.tsx';
import { sharedApproval, sharedKey, sharedKindName } from '../../model/shared-values.ts';
import { safe } from '../../model/words.ts';

const namesShown = 5;

function Others({ item, domain }: { item: SharedValue; domain: string }) {
  const others = item.names.filter((name) => name !== domain).slice(0, namesShown);
  const more = item.domains - 1 - others.length;
  return (
    <>
      {others.map((name, at) => (
        <span key={name}>
          {at === 0 ? '' : ', '}
          <Link to={domainPath(item.tenant, name)}>{name}</Link>
        </span>
      ))}
      {more > 0 ? t('shared.and-more', ' and {{number}} more', { number: more }) : null}
    </>
  );
}

function columnsFor(domain: string): readonly PlainColumn<SharedValue>[] {
  return [
    { title: t('shared.kind', 'What'), cell: ({ kind }) => sharedKindName(kind) },
    {
      title: t('shared.value', 'Value'),
      cell: (item) => (
        <>
          <code>{safe(item.value)}</code>
          <small>{sharedApproval(item)}</small>
        </>
      ),
    },
    { title: t('shared.since', 'First seen'), cell: ({ first_seen: at }) => <TimeAgo at={at} /> },
    { title: t('shared.with', 'Shared with'), cell: (item) => <Others item={item} domain={domain} /> },
  ];
}

/** The section of the domain page. */
export function SharedWithOthers({ tenant, domain }: { readonly tenant: string; readonly domain: string }) {
  const reading = useRead<List<SharedValue>>({
    key: `shared/${tenant}/${domain}`,
    load: (layer, signal) => layer.sharedValues({ tenant, domain }, { signal }),
    on: ['case', 'score'],
  });
  return (
    <Section title={t('shared.of-domain', 'Shared with other domains')}>
      <ReadingView reading={reading} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p>{t('shared.none', 'No value of this domain is known to be on another one.')}</p>
          ) : (
            <PlainTable
              label={t('shared.of-domain', 'Shared with other domains')}
              items={items}
              keyOf={sharedKey}
              columns={columnsFor(domain)}
            />
          )
        }
      </ReadingView>
    </Section>
  );
}
